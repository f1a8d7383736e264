import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const twoNodes = fileURLToPath(new URL("../../../../scripts/slurm-two-nodes.sh", import.meta.url));

/** Why there can be no Slurm here; undefined when there can. */
export function slurmAbsent(): string | undefined {
  if (process.getuid?.() !== 0) return "a throw-away Slurm needs root";
  const commands = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol"];
  const absent = commands.filter((name) => spawnSync("bash", ["-c", `command -v ${name}`]).status !== 0);
  return absent.length === 0 ? undefined : `not installed: ${absent.join(", ")} (apt: slurm-wlm)`;
}

/** A Slurm with two nodes on this machine, for as long as a test lasts. */
export class SlurmCluster implements Disposable {
  readonly #folder: string;

  constructor() {
    // Short: sockets lie in it.
    this.#folder = mkdtempSync(join(tmpdir(), "lfs-"));
    const { status, stderr } = spawnSync(twoNodes, ["start", this.#folder], { encoding: "utf8" });
    if (status === 0) return;
    this[Symbol.dispose]();
    throw new Error(`Slurm does not start: ${stderr}`);
  }

  /** What commands of Slurm need. */
  get environment(): Record<string, string> {
    return { SLURM_CONF: join(this.#folder, "slurm.conf") };
  }

  /** Kills a node as a power cut does: its daemon, the step's daemon, the script and the process of a task on it. */
  killNode(node: string, task: number): void {
    const daemon = Number(readFileSync(join(this.#folder, "run", `slurmd-${node}.pid`), "utf8"));
    const script = parentOf(task);
    const step = parentOf(script);
    if (!nameOf(step).startsWith("slurmstepd"))
      throw new Error(`process ${step} is ${nameOf(step)}, not a step's daemon`);
    for (const pid of [daemon, step, script, task]) process.kill(pid, "SIGKILL");
  }

  [Symbol.dispose](): void {
    spawnSync(twoNodes, ["stop", this.#folder]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** proc(5): `pid (name) state ppid …`. */
function statOf(pid: number): { readonly name: string; readonly parent: number } {
  const line = readFileSync(`/proc/${pid}/stat`, "utf8");
  const end = line.lastIndexOf(")");
  return { name: line.slice(line.indexOf("(") + 1, end), parent: Number(line.slice(end + 2).split(" ")[1]) };
}

const nameOf = (pid: number): string => statOf(pid).name;
const parentOf = (pid: number): number => statOf(pid).parent;
