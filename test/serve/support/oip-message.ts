/** Messages as `tritonclient.http` writes them (its `_utils.py`, `_infer_input.py`). */

/** An answer taken apart as `_infer_result.py` does it. */
export interface ReadAnswer {
  readonly status: number;
  readonly json: {
    readonly model_name?: string;
    readonly model_version?: string;
    readonly id?: string;
    readonly error?: string;
    readonly outputs?: readonly {
      readonly name: string;
      readonly datatype: string;
      readonly shape: readonly number[];
      readonly data?: readonly number[];
      readonly parameters?: { readonly binary_data_size: number };
    }[];
  };
  /** Bytes of the binary outputs, by name. */
  readonly bytes: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** JSON, then the tensors' bytes. */
export function message(
  json: object,
  tensors: readonly ArrayBufferView[] = [],
): { body: Uint8Array<ArrayBuffer>; headers: Record<string, string> } {
  const head = new TextEncoder().encode(JSON.stringify(json));
  const parts = [head, ...tensors.map((t) => new Uint8Array(t.buffer, t.byteOffset, t.byteLength))];
  const body = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.byteLength;
  }
  return { body, headers: tensors.length === 0 ? {} : { "Inference-Header-Content-Length": String(head.byteLength) } };
}

/** Reads an answer: JSON, and where the header says so, bytes behind it. */
export async function readAnswer(response: Response): Promise<ReadAnswer> {
  const body = new Uint8Array(await response.arrayBuffer());
  const header = response.headers.get("Inference-Header-Content-Length");
  const end = header === null ? body.byteLength : Number(header);
  const json = JSON.parse(new TextDecoder().decode(body.subarray(0, end))) as ReadAnswer["json"];
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>();
  let at = end;
  for (const { name, parameters } of json.outputs ?? []) {
    if (parameters === undefined) continue;
    bytes.set(name, body.slice(at, at + parameters.binary_data_size));
    at += parameters.binary_data_size;
  }
  if (at !== body.byteLength) throw new Error(`${body.byteLength - at} bytes too many`);
  return { status: response.status, json, bytes };
}

/** The values of an output, binary or JSON, as float32. */
export function values({ json, bytes }: ReadAnswer, name: string): Float32Array {
  const binary = bytes.get(name);
  if (binary !== undefined) return new Float32Array(binary.buffer, binary.byteOffset, binary.byteLength / 4);
  return Float32Array.from(json.outputs?.find((output) => output.name === name)?.data ?? []);
}
