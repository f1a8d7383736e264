import { defineConfig } from "vite";

export default defineConfig({
  root: "web/page",
  // Relative, so that the page also works behind a proxy that serves it under a path.
  base: "./",
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    target: "es2022",
    // Inlined glue would be `data:` scripts, which the page's security policy forbids.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // h5wasm carries its WebAssembly in its script; it is loaded when an HDF5 file is opened.
    chunkSizeWarningLimit: 6000,
  },
  worker: { format: "es" },
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "production", "import", "default"] },
  server: { headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" } },
});
