/** For tests: a wire event that is right, with changes. */
import type { WireEvent } from "@propolis/core"

export function wireEvent(change: Record<string, unknown> = {}): WireEvent {
  return {
    v: 1,
    id: "01890a5d-ac96-774b-bcce-b302099a8057",
    time: 1_750_000_000_000,
    sensor: "sensor-1",
    session: "01890a5d-ac96-774b-bcce-b302099a8058",
    seq: 1,
    protocol: "TCP",
    event: "RX",
    service: "Telnet",
    emulator: "telnet",
    localHost: "192.0.2.1",
    localPort: 10_023,
    remoteHost: "198.51.100.7",
    remotePort: 40_000,
    bytes: 5,
    data: "aGVsbG8=",
    attributes: { username: "root" },
    ...change,
  } as WireEvent
}
