/** What a sensor keeps of itself: seed, id and first start, made once in the data folder (mode 0600). */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto"
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bytesFromHex, namePattern, PropolisError } from "@propolis/core"
import { z } from "zod"

const stateSchema = z.object({
  v: z.literal(1),
  sensor: z.string().regex(namePattern),
  seed: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.int().min(0).max(8_640_000_000_000_000),
})

export interface PersonaState {
  /** The sensor's id, where the configuration has none. */
  readonly sensor: string
  readonly seed: Uint8Array
  /** Unix milliseconds of the first start. */
  readonly createdAt: number
}

/**
 * The state of a data folder; made at the first start.
 * @throws PropolisError DATA_UNWRITABLE where it can be neither read nor written, or is damaged.
 */
export function openPersonaState(dataDir: string, now: number): PersonaState {
  const path = join(dataDir, "sensor.json")
  const text = readOrUndefined(path)
  if (text !== undefined) {
    const parsed = stateSchema.safeParse(jsonOrUndefined(text))
    if (!parsed.success) {
      throw new PropolisError(
        "DATA_UNWRITABLE",
        `${path} is damaged. It holds the sensor's seed: put a copy back, or remove it to become another machine.`,
      )
    }
    const { sensor, seed, createdAt } = parsed.data
    return { sensor, seed: bytesFromHex(seed), createdAt }
  }
  const seed = randomBytes(32)
  const sensor = `sensor-${randomBytes(4).toString("hex")}`
  const state = { v: 1, sensor, seed: seed.toString("hex"), createdAt: now }
  writeSecret(dataDir, "sensor.json", `${JSON.stringify(state, null, 2)}\n`)
  return { sensor, seed, createdAt: now }
}

/**
 * The RSA key of the persona's certificate: RSA 2048, as Debian's own; made once and kept.
 * @throws PropolisError DATA_UNWRITABLE
 */
export function openPersonaKey(dataDir: string): { readonly key: KeyObject; readonly pem: string } {
  const path = join(dataDir, "persona-key.pem")
  const kept = readOrUndefined(path)
  if (kept !== undefined) {
    try {
      return { key: createPrivateKey(kept), pem: kept }
    } catch (cause) {
      throw new PropolisError(
        "DATA_UNWRITABLE",
        `${path} is no private key: remove it to have a new one made`,
        { cause },
      )
    }
  }
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 })
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string
  writeSecret(dataDir, "persona-key.pem", pem)
  return { key: privateKey, pem }
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw new PropolisError(
      "DATA_UNWRITABLE",
      `${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      { cause },
    )
  }
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whole or not at all: written beside, synced, then renamed. */
function writeSecret(dataDir: string, name: string, text: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const path = join(dataDir, name)
    const temporary = `${path}.${process.pid}.new`
    writeFileSync(temporary, text, { mode: 0o600, flush: true })
    chmodSync(temporary, 0o600)
    renameSync(temporary, path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown"
    throw new PropolisError("DATA_UNWRITABLE", `${join(dataDir, name)} cannot be written (${code})`, {
      cause,
    })
  }
}
