import type { StoredEvent } from "@propolis/core"

const words = {
  CONNECT: { short: "Connect", long: "The host connected" },
  RX: { short: "Received", long: "The host sent this to the sensor" },
  TX: { short: "Sent", long: "The sensor sent this to the host" },
  INFO: { short: "Info", long: "What the sensor understood" },
  DISCONNECT: { short: "Disconnect", long: "The connection ended" },
} as const

/** Direction of an event in words and colour; the colour repeats, it never carries the meaning alone. */
export function EventKindTag({ kind }: { kind: StoredEvent["event"] }) {
  return (
    <span className="kind" data-kind={kind} title={`${kind}: ${words[kind].long}`}>
      {words[kind].short}
    </span>
  )
}
