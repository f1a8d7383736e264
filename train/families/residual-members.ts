/**
 * Members behind a start as one net, and the epochs of theirs that a validation set keeps. Epoch 0 is the start alone.
 * @module
 */
import { AppError } from "../../schemas/errors.ts";
import type { Candidate } from "../candidates.ts";
import { type LayersModel, type NetLayer, withWeights } from "../layers-model.ts";
import { add, average } from "../stock-layers.ts";
import type { KeptNet, TrainedNet } from "../trained-net.ts";

/** A start and the members that were trained behind it. */
export interface TrainedMembers {
  readonly start: readonly NetLayer[];
  /** Each member's own layers. */
  readonly members: readonly (readonly NetLayer[])[];
  /** Start and one member each: what was trained. */
  readonly nets: readonly LayersModel[];
  readonly trained: readonly TrainedNet[];
  /** The start's MAE by validation set, z units; empty where the start is 0, which is no model to fall back on. */
  readonly startMaes: ReadonlyMap<string, number>;
}

/** What a validation set keeps of every member; `undefined`: no epoch of it is better than the start. */
export type Kept = readonly (KeptNet | undefined)[];

/** The last layer of the start; undefined where it is 0. */
const endOf = (layers: readonly NetLayer[]): string | undefined => layers.at(-1)?.name;

/** Start and one member as a net of its own. */
export function memberNet(start: readonly NetLayer[], member: readonly NetLayer[], landmarks: number): LayersModel {
  const [end, own] = [endOf(start), endOf(member) ?? ""];
  const sum = end === undefined ? [] : [add({ name: "targets", reads: [end, own] })];
  return { name: "residual", inputs: landmarks, layers: [...start, ...member, ...sum] };
}

/** Start and members in one net, the members averaged. */
function ensemble(start: readonly NetLayer[], members: readonly (readonly NetLayer[])[]): readonly NetLayer[] {
  const ends = members.map((member) => endOf(member) ?? "");
  const mean = ends.length > 1 ? [average({ name: "members", reads: ends })] : [];
  const end = endOf(start);
  const own = endOf(mean) ?? ends[0] ?? "";
  const sum = end === undefined ? [] : [add({ name: "targets", reads: [end, own] })];
  return [...start, ...members.flat(), ...mean, ...sum];
}

/** What a validation set keeps; without validation rows, the last epochs. */
export function keptBy({ trained, startMaes }: TrainedMembers, set: string | undefined): Kept {
  return trained.map(({ kept }) => {
    const net = set === undefined ? kept[0] : kept.find(({ name }) => name === set);
    if (net === undefined)
      throw new AppError("internal", { what: "a member has not kept what another has", where: set ?? "last" });
    const atStart = set === undefined ? undefined : startMaes.get(set);
    return atStart !== undefined && net.validationMae !== undefined && atStart <= net.validationMae ? undefined : net;
  });
}

/** The layers of the model with the epochs kept. */
export function layersOf({ start, members, nets }: TrainedMembers, kept: Kept): readonly NetLayer[] {
  if (isStart(kept)) return start;
  const trainedNets = nets.map((net, at) => withWeights(net, kept[at]?.weights ?? new Map()));
  // One member's net is the model as it was trained, its start included: `trainStart` may have moved it.
  return nets.length > 1 ? ensemble(start, ownLayers(members, trainedNets)) : (trainedNets[0]?.layers ?? []);
}

/** True where no member is in the model. */
export const isStart = (kept: Kept): boolean => kept.every((net) => net === undefined);

/** The members' layers with the weights of their trained nets. */
function ownLayers(members: readonly (readonly NetLayer[])[], nets: readonly LayersModel[]): (readonly NetLayer[])[] {
  return members.map((member, at) => {
    const names = new Set(member.map(({ name }) => name));
    return (nets[at]?.layers ?? []).filter(({ name }) => names.has(name));
  });
}

const nameOfEpoch = (at: number, members: number): string => (members > 1 ? `epoch of member ${at + 1}` : "epoch");

/** The epochs kept, by member; 0 for the start. */
export const epochsOf = (kept: Kept): Record<string, number> =>
  Object.fromEntries(kept.map((net, at) => [nameOfEpoch(at, kept.length), net?.epoch ?? 0]));

/** Every epoch of every member with its error on the set that chose the model, 0 among them. */
export function epochCandidates({ trained, startMaes }: TrainedMembers): (Candidate & { readonly name: string })[] {
  return trained.flatMap(({ history, selectedOn = "" }, at) => {
    const name = nameOfEpoch(at, trained.length);
    const atStart = startMaes.get(selectedOn);
    return [
      ...(atStart === undefined ? [] : [{ name, value: 0, validationMae: atStart }]),
      ...history.flatMap(({ epoch, mae }) => {
        const validationMae = mae[selectedOn];
        return validationMae === undefined ? [] : [{ name, value: epoch, validationMae }];
      }),
    ];
  });
}
