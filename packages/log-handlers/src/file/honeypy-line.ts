/**
 * HoneyPy's own log line, as its loggers and the tools that follow its log read it (fields split at white space):
 * `date time,microseconds,zone [source] session protocol event local_host local_port service remote_host remote_port [data]`.
 * The time is local; data is hexadecimal and absent where there is none. The source is what Twisted
 * writes: one word for TCP (`[Echo,0,198.51.100.7]`), two for UDP (`[Echo (UDP)]`); `[-]` is never
 * written, because HoneyPy's followers skip such lines.
 */
import { bytesFromText, hexFromBytes, type SensorEvent } from "@propolis/core"

/** One event as one line, with its newline. */
export function honeypyLine(event: SensorEvent): string {
  const source =
    event.protocol === "UDP" ? `[${event.emulator} (UDP)]` : `[${event.emulator},0,${event.remoteHost}]`
  const fields = [
    honeypyTime(event.time),
    source,
    event.session,
    event.protocol,
    event.event,
    event.localHost,
    event.localPort,
    event.service,
    event.remoteHost,
    event.remotePort,
  ]
  const data = dataOf(event)
  if (data !== "") fields.push(data)
  return `${fields.join(" ")}\n`
}

/** What was understood has no place in HoneyPy's line: it is written as the data of an INFO event, JSON in hexadecimal. */
function dataOf(event: SensorEvent): string {
  if (event.event === "INFO") return hexFromBytes(bytesFromText(JSON.stringify(event.attributes)))
  return hexFromBytes(event.data)
}

/** `2026-11-22 13:05:07,042000,+0100` */
function honeypyTime(timeMs: number): string {
  const time = new Date(timeMs)
  const two = (n: number) => String(n).padStart(2, "0")
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  const microseconds = `${String(time.getMilliseconds()).padStart(3, "0")}000`
  const zoneMinutes = -time.getTimezoneOffset()
  const zone = Math.abs(zoneMinutes)
  const sign = zoneMinutes < 0 ? "-" : "+"
  return `${date} ${clock},${microseconds},${sign}${two(Math.floor(zone / 60))}${two(zone % 60)}`
}
