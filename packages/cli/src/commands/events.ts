import { bytesFromBase64, escapeBytes, escapeText, type StoredEvent } from "@propolis/core"
import { type Command, dataOption, flag, jsonOption, text } from "../command.ts"
import { openDataFolder } from "../data-folder.ts"
import { connectHub } from "../hub-client.ts"
import { followEvents, type OpenStream } from "../live-events.ts"

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
    const query = new URLSearchParams()
    const [service, host] = [text(args, "service"), text(args, "host")]
    if (service !== undefined) query.set("service", service)
    if (host !== undefined) query.set("remoteHost", host)
    const stop = new AbortController()
    process.once("SIGINT", () => stop.abort())
    process.once("SIGTERM", () => stop.abort())
    // A reader that has enough (`| head`) ends this command quietly.
    process.stdout.once("error", () => stop.abort())
    const folder = openDataFolder(text(args, "data")!)
    // Asked for anew each time: a hub that was restarted may have another address.
    const open: OpenStream = (lastEventId) =>
      connectHub(folder).stream(
        `/api/web/live?${query}`,
        stop.signal,
        lastEventId === undefined ? {} : { "last-event-id": lastEventId },
      )
    const tell = (line: string) => console.error(`propolis: ${line}`)
    try {
      for await (const event of followEvents({ open, signal: stop.signal, tell })) {
        console.log(flag(args, "json") ? JSON.stringify(event) : eventLine(event))
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error
    }
    return 0
  },
}

function eventLine(event: StoredEvent): string {
  const time = new Date(event.time).toISOString()
  const attributes = Object.entries(event.attributes).map(([name, value]) => ` ${name}=${escapeText(value)}`)
  const payload = event.data === "" ? "" : ` ${escapeBytes(bytesFromBase64(event.data), 200)}`
  return `${time} ${event.remoteHost}:${event.remotePort} ${event.service} ${event.event} ${event.bytes}${attributes.join("")}${payload}`
}
