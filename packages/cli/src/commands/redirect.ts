import { PropolisError } from "@propolis/core"
import { type Command, flag, jsonOption, text } from "../command.ts"

/** `propolis redirect -c FILE` */
export const redirect: Command = {
  name: "redirect",
  summary: "Prints the nftables and iptables rules that lead the low ports to the sensor's; changes nothing.",
  example: "propolis redirect -c propolis.yaml",
  options: {
    config: { type: "string", short: "c", value: "FILE", description: "configuration" },
    iptables: { type: "boolean", description: "iptables and ip6tables commands instead of nftables" },
    json: jsonOption,
  },
  async run(args) {
    const path = text(args, "config")
    if (path === undefined) throw new PropolisError("USAGE", "-c is missing: the sensor's configuration file")
    const { loadConfig, redirectRules } = await import("@propolis/sensor")
    const rules = redirectRules(await loadConfig(path))
    if (flag(args, "json")) {
      console.log(JSON.stringify(rules))
      return 0
    }
    console.log(flag(args, "iptables") ? rules.iptables : rules.nftables)
    for (const note of rules.notes) console.error(`note: ${note}`)
    return 0
  },
}
