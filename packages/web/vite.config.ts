import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { brotliCompress, constants, gzip } from "node:zlib"
import react from "@vitejs/plugin-react"
import { defineConfig, type Plugin } from "vite"

const compressible = /\.(?:js|css|svg|html)$/
const minBytes = 1_024

/**
 * Writes `.gz` and `.br` beside every text file, so that the hub compresses nothing while it serves.
 * From what was written, not from the bundle: Vite puts names of lazy chunks into the entry at the very end.
 */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    enforce: "post",
    async writeBundle({ dir = "dist" }, bundle) {
      const names = Object.keys(bundle).filter((name) => compressible.test(name))
      await Promise.all(
        names.map(async (name) => {
          const file = join(dir, name)
          const source = await readFile(file)
          if (source.length < minBytes) return
          const [gz, br] = await Promise.all([
            promisify(gzip)(source, { level: 9 }),
            promisify(brotliCompress)(source, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }),
          ])
          await Promise.all([writeFile(`${file}.gz`, gz), writeFile(`${file}.br`, br)])
        }),
      )
    },
  }
}

export default defineConfig({
  plugins: [react(), precompress()],
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    // The policy allows data: for images only; everything else is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
  },
  server: { proxy: { "/api": "http://127.0.0.1:4040" } },
})
