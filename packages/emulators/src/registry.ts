import type { Emulator } from "@propolis/core"
import { declarative } from "./declarative/declarative.ts"
import { dns } from "./dns/dns.ts"
import { echo } from "./echo/echo.ts"
import { hashCount } from "./hash-count/hash-count.ts"
import { http } from "./http/http.ts"
import { motd } from "./motd/motd.ts"
import { random } from "./random/random.ts"
import { telnet } from "./telnet/telnet.ts"

/** Every emulator of this release: one line each. */
export const emulators: readonly Emulator[] = [
  echo,
  motd,
  random,
  hashCount,
  telnet,
  http,
  dns,
  declarative,
].map((emulator) => emulator as Emulator)

/** Plug-in names of HoneyPy and of honeydb-agent → the emulator that took their place. */
export const pluginAliases: Readonly<Record<string, string>> = {
  Echo: "echo",
  Echo_udp: "echo",
  Echo_tcp: "echo",
  MOTD: "motd",
  MOTD_udp: "motd",
  MOTD_tcp: "motd",
  Random: "random",
  Random_tcp: "random",
  HashCountRandom: "hash-count",
  HashCountRandom_tcp: "hash-count",
  TelnetUnix: "telnet",
  TelnetDebian7: "telnet",
  TelnetWindows: "telnet",
  Telnet_tcp: "telnet",
  Web: "http",
  HTTP_tcp: "http",
  DnsUdp: "dns",
  DNS_udp: "dns",
}

/** The emulator of that name, or of that plug-in of HoneyPy or honeydb-agent. */
export function findEmulator(name: string): Emulator | undefined {
  const wanted = Object.hasOwn(pluginAliases, name) ? pluginAliases[name] : name
  return emulators.find((emulator) => emulator.name === wanted)
}
