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

/** What a plug-in's name stands for: an emulator, and the options that make it that plug-in. */
export interface PluginAlias {
  readonly emulator: string
  readonly options: Readonly<Record<string, unknown>>
}

function as(emulator: string, options: PluginAlias["options"] = {}): PluginAlias {
  return { emulator, options }
}

/** Plug-in names of HoneyPy and of honeydb-agent → what took their place. */
export const pluginAliases: Readonly<Record<string, PluginAlias>> = {
  Echo: as("echo"),
  Echo_udp: as("echo"),
  Echo_tcp: as("echo"),
  MOTD: as("motd"),
  MOTD_udp: as("motd"),
  MOTD_tcp: as("motd"),
  Random: as("random"),
  Random_tcp: as("random"),
  HashCountRandom: as("hash-count"),
  HashCountRandom_tcp: as("hash-count"),
  TelnetUnix: as("telnet"),
  TelnetDebian7: as("telnet"),
  TelnetWindows: as("telnet", { style: "windows" }),
  Telnet_tcp: as("telnet"),
  Web: as("http"),
  HTTP_tcp: as("http"),
  DnsUdp: as("dns"),
  DNS_udp: as("dns"),
}

export interface FoundEmulator {
  readonly emulator: Emulator
  /** What holds where the entry says nothing else. */
  readonly options: Readonly<Record<string, unknown>>
}

/** The emulator of that name, or of that plug-in of HoneyPy or honeydb-agent, among those that are `known`. */
export function findEmulator(
  name: string,
  known: readonly Emulator[] = emulators,
): FoundEmulator | undefined {
  const alias = Object.hasOwn(pluginAliases, name) ? pluginAliases[name] : undefined
  const wanted = alias?.emulator ?? name
  const emulator = known.find((each) => each.name === wanted)
  return emulator && { emulator, options: alias?.options ?? {} }
}
