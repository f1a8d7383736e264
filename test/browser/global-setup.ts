import { build } from "vite";

/** The page is tested as it ships: built. */
export default async function setup(): Promise<void> {
  await build({ configFile: "vite.config.ts", logLevel: "warn" });
}
