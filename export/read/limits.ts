/**
 * What no model has, but a damaged or hostile file may state: refused before anything is allocated for it.
 * @module
 */

/** Bytes of a `model.json`, unpacked: a topology has some hundred bytes a layer. */
export const largestJsonBytes = 2 ** 28;

/** Models within models. */
export const deepestNesting = 32;

/** Calls of layers, nested models unfolded. */
export const mostCalls = 10_000;
