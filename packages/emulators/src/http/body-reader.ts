/** Message bodies by Content-Length and by chunks (RFC 9112 §6, §7.1). */
export type BodyEvent = "more" | "done" | "bad" | "too large"

/** Keeps the first `maxKeptBytes` of a body; the rest is counted and dropped. */
class KeptBytes {
  readonly #maxBytes: number
  /** Doubled when it is full, so that a body of single bytes costs no more than its length. */
  #bytes = new Uint8Array(0)
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  add(bytes: Uint8Array): void {
    const part = bytes.subarray(0, this.#maxBytes - this.#length)
    if (part.length === 0) return
    const length = this.#length + part.length
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(this.#maxBytes, Math.max(length, this.#bytes.length * 2, 256)))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(part, this.#length)
    this.#length = length
  }

  /** Valid until the next is added. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}

export interface BodyReader {
  /** Takes bytes from `offset` on; gives the offset behind what belongs to the body. */
  take(bytes: Uint8Array, offset: number): { readonly offset: number; readonly event: BodyEvent }
  kept(): Uint8Array
}

export function readByLength(lengthBytes: number, maxKeptBytes: number): BodyReader {
  const kept = new KeptBytes(maxKeptBytes)
  let left = lengthBytes
  return {
    take(bytes, offset) {
      const part = bytes.subarray(offset, offset + left)
      kept.add(part)
      left -= part.length
      return { offset: offset + part.length, event: left === 0 ? "done" : "more" }
    },
    kept: () => kept.bytes(),
  }
}

const CR = 13
const LF = 10
const maxChunkLineBytes = 1_024
const maxTrailerBytes = 8_192
/** Beyond, Apache's LimitRequestBody of 1 GiB answers 413. */
export const maxBodyBytes = 1_073_741_824

type ChunkState = "size" | "extension" | "size-lf" | "data" | "data-cr" | "data-lf" | "trailer" | "trailer-lf"

export function readChunked(maxKeptBytes: number): BodyReader {
  const kept = new KeptBytes(maxKeptBytes)
  let state: ChunkState = "size"
  let sizeText = ""
  let left = 0
  let total = 0
  let lineBytes = 0
  let trailerBytes = 0

  /** One byte of framing. */
  const frame = (byte: number): BodyEvent => {
    if (state === "size") {
      const digit = String.fromCharCode(byte)
      if (/[0-9a-fA-F]/.test(digit)) {
        sizeText += digit
        return sizeText.length > 16 ? "too large" : "more"
      }
      if (sizeText === "") return "bad"
      if (byte === CR) state = "size-lf"
      else if (byte === 0x3b || byte === 0x20 || byte === 0x09) state = "extension"
      else return "bad"
      return "more"
    }
    if (state === "extension") {
      if (byte === LF || ++lineBytes > maxChunkLineBytes) return "bad"
      if (byte === CR) state = "size-lf"
      return "more"
    }
    if (state === "size-lf") {
      if (byte !== LF) return "bad"
      left = Number.parseInt(sizeText, 16)
      total += left
      if (total > maxBodyBytes) return "too large"
      sizeText = ""
      lineBytes = 0
      state = left === 0 ? "trailer" : "data"
      return "more"
    }
    if (state === "data-cr" || state === "data-lf") {
      if (byte !== (state === "data-cr" ? CR : LF)) return "bad"
      state = state === "data-cr" ? "data-lf" : "size"
      return "more"
    }
    if (++trailerBytes > maxTrailerBytes) return "bad"
    if (state === "trailer-lf") {
      if (byte !== LF) return "bad"
      if (lineBytes === 0) return "done"
      lineBytes = 0
      state = "trailer"
    } else if (byte === CR) state = "trailer-lf"
    else if (byte === LF) return "bad"
    else lineBytes++
    return "more"
  }
  return {
    take(bytes, offset) {
      while (offset < bytes.length) {
        if (state === "data") {
          const part = bytes.subarray(offset, offset + left)
          kept.add(part)
          left -= part.length
          offset += part.length
          if (left === 0) state = "data-cr"
          continue
        }
        const event = frame(bytes[offset++]!)
        if (event !== "more") return { offset, event }
      }
      return { offset, event: "more" }
    },
    kept: () => kept.bytes(),
  }
}
