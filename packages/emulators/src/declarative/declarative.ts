import {
  bytesFromHex,
  bytesFromText,
  type Connection,
  defineEmulator,
  type SessionHandlers,
  type Timer,
} from "@propolis/core"
import { type DeclarativeOptions, declarativeOptions } from "./options.ts"
import { maxMatchedLength } from "./safe-pattern.ts"
import { fillTemplate } from "./template.ts"

const burstGapMs = 10

/** Banner and pattern services without code: the configuration says what is answered. */
export const declarative = defineEmulator({
  name: "declarative",
  title: "Declarative service",
  interaction: "low",
  transports: {},
  options: declarativeOptions,
  open: (connection, options) => openDeclarative(connection, options),
})

function openDeclarative(connection: Connection, options: DeclarativeOptions): SessionHandlers {
  const { persona } = connection
  let input: number[] = []
  let over = false
  let pause: Timer | undefined

  const send = (template: string | undefined) => {
    if (template !== undefined && template !== "") connection.send(fillTemplate(template, persona))
  }
  const finish = () => {
    over = true
    pause?.cancel()
    connection.end()
  }
  const take = (bytes: readonly number[]) => {
    let text = ""
    for (const byte of bytes) text += String.fromCharCode(byte)
    const found = options.patterns.find((pattern) => fits(pattern, bytes, text))
    if (found?.record) connection.record({ pattern: found.name, command: text })
    send(found === undefined ? options.default : found.reply)
    if (options.close || found?.close) finish()
  }
  const takeLines = (bytes: Uint8Array) => {
    for (const byte of bytes) {
      if (over) return
      if (byte === 0x0a) {
        const line = input.at(-1) === 0x0d ? input.slice(0, -1) : input
        input = []
        take(line)
      } else if (input.length < options.maxLine) input.push(byte)
    }
  }
  const takeBurst = (bytes: Uint8Array) => {
    for (const byte of bytes.subarray(0, options.maxLine - input.length)) input.push(byte)
    pause ??= connection.after(burstGapMs, () => {
      pause = undefined
      const whole = input
      input = []
      take(whole)
    })
  }

  if (connection.transport === "udp") {
    return { datagram: (bytes) => void (over || take([...bytes.subarray(0, options.maxLine)])) }
  }
  send(options.banner)
  return { data: options.lineMode ? takeLines : takeBurst }
}

function fits(
  pattern: DeclarativeOptions["patterns"][number],
  bytes: readonly number[],
  text: string,
): boolean {
  if (pattern.match !== undefined) return new RegExp(pattern.match, "s").test(text.slice(0, maxMatchedLength))
  const wanted = pattern.hex === undefined ? bytesFromText(pattern.literal ?? "") : bytesFromHex(pattern.hex)
  return bytes.length >= wanted.length && wanted.every((byte, index) => byte === bytes[index])
}
