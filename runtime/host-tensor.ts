import type { HostArray, HostTensor } from "./session.ts";

/** An array with its type and dims as a {@link HostTensor}; the array is kept, not copied. */
export function hostTensor<T extends keyof HostArray>(
  type: T,
  dims: readonly number[],
  data: HostArray[T],
): HostTensor {
  // The union's members differ only in the pairing of `type` and `data` that T guarantees.
  return { type, dims, data } as HostTensor;
}
