/**
 * The local administrator's token: a file that only the owner of the data folder can read. Commands
 * on the same machine send it as `Authorization: Bearer …`. A new one is made at each start.
 */
import { hash, randomBytes, timingSafeEqual } from "node:crypto"
import { rename, writeFile } from "node:fs/promises"
import { join } from "node:path"

export interface AdminToken {
  readonly file: string
  /** Whether this is the token, in constant time. */
  fits(token: string): boolean
}

export async function writeAdminToken(dataDir: string): Promise<AdminToken> {
  const file = join(dataDir, "admin-token")
  const token = randomBytes(32).toString("base64url")
  await writeFile(`${file}.new`, `${token}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
  const expected = hash("sha256", token, "buffer")
  return { file, fits: (given) => timingSafeEqual(hash("sha256", given, "buffer"), expected) }
}
