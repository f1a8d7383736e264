import { defineConfig } from "vite";

/**
 * The command line as few files: a third of the time in which `landfall --version` ended went into finding and reading the
 * many files of zod, its messages in other languages among them, and of commander. Packages that are loaded when a command needs them, and native
 * ones, stay outside; so do the programs of threads, which are started by their files in `dist/`.
 */
export default defineConfig({
  build: {
    ssr: "dist/cli/landfall.js",
    outDir: "dist/program",
    emptyOutDir: true,
    target: "node20",
    // For stack traces that can be read.
    minify: false,
    reportCompressedSize: false,
    license: { fileName: "licenses.md" },
  },
  ssr: { noExternal: ["zod", "commander"] },
});
