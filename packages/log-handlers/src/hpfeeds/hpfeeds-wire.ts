/**
 * The hpfeeds protocol, version 1: frames of a 32-bit big-endian length (these five bytes included), an opcode and
 * a body. Texts with a length in front have one byte of length.
 */
import { createHash } from "node:crypto"

export const opcodes = { error: 0, info: 1, auth: 2, publish: 3 } as const

/** What brokers take at most. */
export const maxFrameBytes = 1_048_576
const headBytes = 5

export interface Frame {
  readonly opcode: number
  readonly body: Buffer
}

/** @throws RangeError where it is larger than brokers take */
export function encodeFrame(opcode: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, headBytes)
  if (length > maxFrameBytes) throw new RangeError(`a frame of ${length} bytes`)
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(length)
  head[4] = opcode
  return Buffer.concat([head, ...parts])
}

/** A text of at most 255 bytes, with its length in front. */
export function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length > 255) throw new RangeError(`a text of ${bytes.length} bytes`)
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}

export function authFrame(ident: string, secret: string, nonce: Uint8Array): Buffer {
  const digest = createHash("sha1").update(nonce).update(secret).digest()
  return encodeFrame(opcodes.auth, lengthPrefixed(ident), digest)
}

export function publishFrame(ident: string, channel: string, payload: Uint8Array): Buffer {
  return encodeFrame(opcodes.publish, lengthPrefixed(ident), lengthPrefixed(channel), payload)
}

/** The broker's name and nonce, in the body of an `info` frame; `undefined` where it is none. */
export function readInfo(body: Buffer): { readonly broker: string; readonly nonce: Buffer } | undefined {
  const length = body[0]
  if (length === undefined || body.length <= 1 + length) return undefined
  return { broker: body.toString("utf8", 1, 1 + length), nonce: body.subarray(1 + length) }
}

/** Frames of a stream, whatever its chunks are. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  /** @throws RangeError for a length that no frame has */
  push(chunk: Uint8Array): Frame[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const frames: Frame[] = []
    while (this.#rest.length >= headBytes) {
      const length = this.#rest.readUInt32BE()
      if (length < headBytes || length > maxFrameBytes) throw new RangeError(`a frame of ${length} bytes`)
      if (this.#rest.length < length) break
      frames.push({ opcode: this.#rest[4]!, body: this.#rest.subarray(headBytes, length) })
      this.#rest = this.#rest.subarray(length)
    }
    return frames
  }
}
