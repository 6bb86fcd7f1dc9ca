import { promisify } from "node:util"
import { brotliCompress, constants, gzip } from "node:zlib"
import react from "@vitejs/plugin-react"
import { defineConfig, type Plugin } from "vite"

const compressible = /\.(?:js|css|svg|html)$/

/** Writes `.gz` and `.br` beside every text file, so that the hub compresses nothing while it serves. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    async generateBundle(_options, bundle) {
      const files = Object.values(bundle).filter((file) => compressible.test(file.fileName))
      await Promise.all(
        files.map(async (file) => {
          const source = Buffer.from(file.type === "chunk" ? file.code : file.source)
          if (source.length < 1_024) return
          const [gz, br] = await Promise.all([
            promisify(gzip)(source, { level: 9 }),
            promisify(brotliCompress)(source, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
          ])
          this.emitFile({ type: "asset", fileName: `${file.fileName}.gz`, source: gz })
          this.emitFile({ type: "asset", fileName: `${file.fileName}.br`, source: br })
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
