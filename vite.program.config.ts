import { defineConfig } from "vite";

/**
 * The command line as few files. Half of the time in which `landfall` started went into finding and reading the hundred
 * files of zod, most of them messages in other languages. Packages that are loaded when a command needs them, and native
 * ones, stay outside; so do the programs of threads, which are started by their files in `dist/`.
 */
export default defineConfig({
  build: {
    ssr: "dist/cli/landfall.js",
    outDir: "dist/program",
    emptyOutDir: true,
    target: "node20",
    // Readable stack traces are worth more than the 2 ms that a smaller file would save.
    minify: false,
    reportCompressedSize: false,
    license: { fileName: "licenses.md" },
  },
  ssr: { noExternal: ["zod", "commander"] },
});
