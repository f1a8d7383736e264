/**
 * How far the answers of random nets may lie from tfjs'; `docs/numerics.md` quotes them. Imports nothing: a script
 * reads it.
 * @module
 */

/**
 * Largest |ONNX − tfjs| / (1 + |tfjs|) of random nets, by what they are made of. Both sum the same float32 products of
 * some dozen terms in different orders; normalisations divide by spreads down to √ε = 0.1, which makes differences ten
 * times as large, and may follow each other.
 */
export const zooTolerances = { plain: 2e-5, convolutional: 2e-5, normalising: 5e-4 } as const;
