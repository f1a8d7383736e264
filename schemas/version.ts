/** The package's version, recorded in runs, manifests and plans; `test/package.test.ts` holds it to package.json. */
export const codeVersion = "0.1.0";
