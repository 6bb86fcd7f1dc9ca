/** An event as HoneyPy published it on hpfeeds. */
import { bytesFromText, hexFromBytes, type SensorEvent } from "@propolis/core"

export function hpfeedsRecord(event: SensorEvent, serverId: string): Record<string, string> {
  const data = event.event === "INFO" ? bytesFromText(JSON.stringify(event.attributes)) : event.data
  return {
    date_time: new Date(event.time).toISOString(),
    protocol: event.protocol,
    service: event.service,
    dst_host: event.localHost,
    dst_port: String(event.localPort),
    src_host: event.remoteHost,
    src_port: String(event.remotePort),
    session: event.session,
    event: event.event,
    data: hexFromBytes(data),
    serverid: serverId,
  }
}
