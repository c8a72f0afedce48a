import { defineConfig } from "vite";

// One page, one script, one style sheet, hashed names: the server embeds what lies in dist/ and may let browsers keep it for ever.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    reportCompressedSize: true,
  },
});
