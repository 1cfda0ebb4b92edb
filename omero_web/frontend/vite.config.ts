import { defineConfig } from "vite";

// Django serves what lies in ../static/dist and finds the files of a page by the manifest (omero_web/assets.py).
export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    outDir: "../static/dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsDir: "",
    target: "es2022",
    rollupOptions: { input: ["src/pages.tsx", "src/client.tsx", "src/viewer.tsx"] },
  },
});
