/**
 * Seeds of the random nets that every host runs: together they hold every class of the registry. 4 and 51 interpolate
 * between rows that come channels last, which WebGPU once got wrong; 13 has a transposed convolution over three axes.
 */
export const hostSample = [4, 12, 13, 18, 23, 25, 32, 36, 37, 39, 47, 49, 51, 54, 57] as const;
