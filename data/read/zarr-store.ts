/** Objects of a Zarr hierarchy, wherever they lie. */
export interface ZarrStore {
  /** The hierarchy's base name, for messages. */
  readonly label: string;
  /** A whole object; undefined when there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The bytes `[start, end)` of an object; fewer only at its end; undefined when there is none. */
  slice(key: string, start: number, end: number): Promise<Uint8Array | undefined>;
  /** Bytes of an object; undefined when there is none. */
  size(key: string): Promise<number | undefined>;
  /** Names of the nodes in a group, in order. */
  nodes(group: string): Promise<readonly string[]>;
}
