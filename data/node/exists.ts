import { stat } from "node:fs/promises";

/** Whether there is something at a path that can be looked at; links are followed. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
