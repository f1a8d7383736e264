import type { RegisterCommand } from "../context.ts";

interface DemoFlags {
  readonly out: string;
}

/** `demo [-o DIR]`: the main job end to end on simulated data, each step a command that a user would type. */
export const demoCommand: RegisterCommand = (program, context) => {
  program
    .command("demo")
    .description("Run the main job on simulated data: simulate, prepare, train, export, publish, infer, evaluate.")
    .option("-o, --out <dir>", "folder for everything the demo makes; one of an earlier demo is replaced", "demo")
    .action(async ({ out }: DemoFlags) => {
      const { runDemo } = await import("../demo.ts");
      await runDemo(out, context);
    });
};
