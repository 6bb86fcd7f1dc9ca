/** Rules that lead the ports attackers knock at to the ports that services listen on. Text only; nothing is run. */
import type { ConfiguredService, SensorConfig } from "./config.ts"

export interface RedirectRules {
  /** A file for `nft -f`. */
  readonly nftables: string
  /** A shell script of iptables and ip6tables commands. */
  readonly iptables: string
  /** What an operator should know: services that no rule can reach. */
  readonly notes: readonly string[]
}

/** The rules for every enabled service that has a low port other than its own. */
export function redirectRules(config: Pick<SensorConfig, "services">): RedirectRules {
  const led = config.services.filter((service) => {
    return service.enabled && service.lowPort !== undefined && service.lowPort !== service.definition.port
  })
  const reachable = led.filter(
    (service) => service.definition.port !== 0 && !isLoopback(service.definition.host),
  )
  const notes = led.flatMap((service) => {
    const { port, host } = service.definition
    if (port === 0) return [`${service.name}: takes a free port at each start; give it a port of its own`]
    if (isLoopback(host))
      return [`${service.name}: listens on ${host} only; set listen: 0.0.0.0 (or ::) to have it reached`]
    return []
  })
  const comments = notes.map((note) => `# ${note}`)
  return { notes, nftables: nftablesText(reachable, comments), iptables: iptablesText(reachable, comments) }
}

function isLoopback(host: string): boolean {
  return host === "::1" || host.startsWith("127.")
}

function nftablesText(services: readonly ConfiguredService[], comments: readonly string[]): string {
  const rules = services.map(({ name, lowPort, definition: { host, port, transport } }) => {
    const wildcard = host === "::" ? "" : host === "0.0.0.0" ? "meta nfproto ipv4 " : undefined
    const where = wildcard ?? `${host.includes(":") ? "ip6" : "ip"} daddr ${host} `
    return `    ${where}${transport} dport ${lowPort} redirect to :${port} comment "propolis ${name}"`
  })
  return [
    "#!/usr/sbin/nft -f",
    "# Leads low ports to the Propolis sensor. Take back: nft delete table inet propolis",
    ...comments,
    "table inet propolis",
    "delete table inet propolis",
    "table inet propolis {",
    "  chain prerouting {",
    "    type nat hook prerouting priority dstnat; policy accept;",
    ...rules,
    "  }",
    "}",
    "",
  ].join("\n")
}

function iptablesText(services: readonly ConfiguredService[], comments: readonly string[]): string {
  const rules = services.flatMap(({ name, lowPort, definition: { host, port, transport } }) => {
    const programs =
      host === "::" ? ["iptables", "ip6tables"] : [host.includes(":") ? "ip6tables" : "iptables"]
    const to = host === "::" || host === "0.0.0.0" ? "" : `-d ${host} `
    return programs.map(
      (program) =>
        `${program} -t nat -A PREROUTING ${to}-p ${transport} --dport ${lowPort} -m comment --comment "propolis ${name}" -j REDIRECT --to-ports ${port}`,
    )
  })
  return [
    "#!/bin/sh",
    "# Leads low ports to the Propolis sensor. Take back: the same lines with -D in place of -A.",
    ...comments,
    "set -e",
    ...rules,
    "",
  ].join("\n")
}
