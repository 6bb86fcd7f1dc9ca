import { bytesFromBase64, escapeBytes, escapeText, type StoredEvent } from "@propolis/core"
import { type Command, dataOption, flag, jsonOption, text } from "../command.ts"
import { openDataFolder } from "../data-folder.ts"
import { connectHub } from "../hub-client.ts"

/** `propolis events`: the hub's live stream in a terminal. */
export const events: Command = {
  name: "events",
  summary: "Follows what the hub on this data folder receives, until Ctrl-C.",
  example: "propolis events --service Telnet --json",
  options: {
    service: { type: "string", value: "NAME", description: "only this service" },
    host: { type: "string", value: "ADDR", description: "only this source" },
    data: dataOption,
    json: jsonOption,
  },
  async run(args) {
    const hub = connectHub(openDataFolder(text(args, "data")!))
    const query = new URLSearchParams()
    const [service, host] = [text(args, "service"), text(args, "host")]
    if (service !== undefined) query.set("service", service)
    if (host !== undefined) query.set("remoteHost", host)
    const stop = new AbortController()
    process.once("SIGINT", () => stop.abort())
    process.once("SIGTERM", () => stop.abort())
    // A reader that has enough (`| head`) ends this command quietly.
    process.stdout.once("error", () => stop.abort())
    try {
      for await (const event of storedEvents(await hub.stream(`/api/web/live?${query}`, stop.signal))) {
        console.log(flag(args, "json") ? JSON.stringify(event) : eventLine(event))
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error
    }
    return 0
  },
}

/** The events of a stream of server-sent events (HTML Living Standard §9.2, as far as the hub writes it). */
async function* storedEvents(chunks: AsyncIterable<string>): AsyncGenerator<StoredEvent> {
  let rest = ""
  for await (const chunk of chunks) {
    const blocks = (rest + chunk).split("\n\n")
    rest = blocks.pop()!
    for (const block of blocks) {
      if (!/^event: event$/m.test(block)) continue
      const data = /^data: (.*)$/m.exec(block)?.[1]
      if (data !== undefined) yield JSON.parse(data) as StoredEvent
    }
  }
}

function eventLine(event: StoredEvent): string {
  const time = new Date(event.time).toISOString()
  const attributes = Object.entries(event.attributes).map(([name, value]) => ` ${name}=${escapeText(value)}`)
  const payload = event.data === "" ? "" : ` ${escapeBytes(bytesFromBase64(event.data), 200)}`
  return `${time} ${event.remoteHost}:${event.remotePort} ${event.service} ${event.event} ${event.bytes}${attributes.join("")}${payload}`
}
