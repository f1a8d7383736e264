import { AppError } from "../../schemas/index.ts";
import type { Device, Provider, ProviderTrial } from "../session.ts";
import { probeProvider } from "./probe.ts";
import { candidates, remedies } from "./providers.ts";

/** What a device comes to on this machine. */
export interface DeviceChoice {
  readonly provider: Provider;
  /** Every candidate tried, the last one works. */
  readonly tried: readonly ProviderTrial[];
}

/**
 * Tries a device's candidates in order, each by running a small graph on it, before hours depend on it. There is no
 * fallback but the one that `auto` stands for.
 * @throws AppError `unavailable` when none works, with the reason and what to install.
 */
export async function requireDevice(device: Device): Promise<DeviceChoice> {
  const tried: ProviderTrial[] = [];
  for (const provider of candidates[device]) {
    const trial = await probeProvider(provider);
    tried.push(trial);
    if (trial.ok) return { provider, tried };
  }
  const last = tried.at(-1);
  throw new AppError("unavailable", {
    what: `the device ${device} does not work here`,
    ...(last?.reason !== undefined && { got: last.reason }),
    advice: `${last === undefined ? "" : `${remedies[last.provider]}; `}\`landfall doctor\` shows what works`,
  });
}
