/** Passwords: scrypt (RFC 7914) with a random salt; parameters travel with the hash. */
import { randomBytes, randomInt, scrypt, timingSafeEqual } from "node:crypto"

// 32 MiB and some 80 ms each: dear for whoever stole the hashes.
const cost = { log2N: 15, r: 8, p: 1 }
const keyBytes = 32

/** At most so many derivations at once: each takes a pool thread and 32 MiB. */
const maxConcurrent = 2
let running = 0
const waiting: (() => void)[] = []
const maxWaiting = 12

/** So many wait already that another would wait for seconds. */
export class PasswordsBusy extends Error {
  override readonly name = "PasswordsBusy"
}

/** The text to store for a password. @throws PasswordsBusy */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, cost.log2N, cost.r, cost.p)
  return `scrypt$${cost.log2N}$${cost.r}$${cost.p}$${salt.toString("base64url")}$${hash.toString("base64url")}`
}

/** Whether a password fits a stored text; takes as long when it does not. @throws PasswordsBusy */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [scheme, log2N, r, p, salt, hash] = stored.split("$")
  if (scheme !== "scrypt" || salt === undefined || hash === undefined) return false
  const expected = Buffer.from(hash, "base64url")
  const actual = await derive(password, Buffer.from(salt, "base64url"), Number(log2N), Number(r), Number(p))
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

/** A hash that no password fits: what an unknown account is checked against, so that it takes as long. */
export const impossibleHash = `scrypt$${cost.log2N}$${cost.r}$${cost.p}$${Buffer.alloc(16).toString("base64url")}$${Buffer.alloc(keyBytes).toString("base64url")}`

// Without 0 O 1 l I: it is read from a terminal.
const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

/** A one-time password of 20 letters, some 115 bits, in groups of five. */
export function makeOneTimePassword(): string {
  const pick = () => letters[randomInt(letters.length)]
  return Array.from({ length: 4 }, () => Array.from({ length: 5 }, pick).join("")).join("-")
}

async function derive(password: string, salt: Buffer, log2N: number, r: number, p: number): Promise<Buffer> {
  if (waiting.length >= maxWaiting) throw new PasswordsBusy("too many passwords are being checked")
  if (running >= maxConcurrent) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  try {
    const N = 2 ** log2N
    return await new Promise<Buffer>((resolve, reject) =>
      scrypt(password.normalize("NFKC"), salt, keyBytes, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
        error === null ? resolve(key) : reject(error),
      ),
    )
  } finally {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
}
