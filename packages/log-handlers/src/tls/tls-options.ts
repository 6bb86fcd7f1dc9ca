/** Options of log handlers whose peer may speak TLS, and their files read. */
import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import type { SecureContextOptions } from "node:tls"
import { PropolisError } from "@propolis/core"
import { z } from "zod"

const file = z.string().min(1).max(4_096).optional()

/** Spread into a handler's schema. Certificates are always checked: a peer's own certificate is its CA. */
export const tlsFileOptions = {
  tlsCaFile: file.describe(
    "PEM file of the authority, or of the peer's own certificate, relative to the data folder. Default: the authorities that Node.js carries.",
  ),
  tlsCertFile: file.describe("PEM file of the client certificate, relative to the data folder."),
  tlsKeyFile: file.describe("PEM file of the client certificate's key, relative to the data folder."),
}

export interface TlsFiles {
  readonly tlsCaFile?: string | undefined
  readonly tlsCertFile?: string | undefined
  readonly tlsKeyFile?: string | undefined
}

/** @throws PropolisError CONFIG_UNREADABLE */
export async function readTlsFiles(files: TlsFiles, dataDir: string): Promise<SecureContextOptions> {
  const read = async (path: string | undefined) => {
    if (path === undefined) return undefined
    try {
      return await readFile(resolve(dataDir, path))
    } catch (cause) {
      throw new PropolisError("CONFIG_UNREADABLE", `${path}: ${(cause as Error).message}`, { cause })
    }
  }
  const [ca, cert, key] = [
    await read(files.tlsCaFile),
    await read(files.tlsCertFile),
    await read(files.tlsKeyFile),
  ]
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}
