import { configParts } from "@propolis/core"
import { describe, expect, it } from "vitest"
import { configJsonSchema } from "./json-schema.ts"
import { parseConfig } from "./load-config.ts"
import { configurationMarkdown } from "./markdown.ts"
import { handlerPart, plainParts, servicePart } from "./parts.ts"
import { redirectRules } from "./redirect.ts"
import { testCatalogue as catalogue } from "./test-catalogue.ts"

describe("JSON Schema", () => {
  const schema = configJsonSchema(catalogue)

  it("has every part, closes every map, and describes every field", () => {
    expect(Object.keys(schema.properties!)).toEqual([...configParts.sensor, ...configParts.hub])
    expect(schema.additionalProperties).toBe(false)
    for (const part of Object.values(plainParts)) {
      expect(part.description).toBeTruthy()
    }
    for (const part of [plainParts.sensor, plainParts.limits, plainParts.journal, plainParts.status]) {
      const inner = schema.properties![Object.entries(plainParts).find(([, each]) => each === part)![0]]!
      expect(inner.additionalProperties).toBe(false)
    }
    for (const { shape } of [
      plainParts.sensor,
      plainParts.limits,
      plainParts.journal,
      plainParts.status,
      servicePart,
      handlerPart,
    ]) {
      for (const [name, field] of Object.entries(shape)) expect(field.description, name).toBeTruthy()
    }
  })

  it("knows the options of each emulator, and that texts may be secrets", () => {
    const service = schema.properties!.services!.additionalProperties as {
      allOf: { if?: unknown; then?: { properties: { options: unknown } } }[]
    }
    const telnet = service.allOf.find((each) => JSON.stringify(each.if ?? "").includes('"telnet"'))!
    expect(telnet.then!.properties.options).toMatchObject({
      properties: { attempts: { type: "integer", minimum: 1, maximum: 10, default: 3 } },
      additionalProperties: false,
    })
    const text = JSON.stringify(schema.properties!.handlers)
    expect(text).toContain('"$ref":"#/$defs/secret"')
  })
})

describe("documentation", () => {
  it("names every field with its default", () => {
    const text = configurationMarkdown(catalogue)
    for (const part of [plainParts.limits, servicePart, handlerPart]) {
      for (const name of Object.keys(part.shape)) expect(text).toContain(`| \`${name}\` |`)
    }
    expect(text).toContain("| `attempts` | 1 to 10 | `3` | Logins before the connection ends. |")
    expect(text).toContain("| `idleMs` | number or text | `2m` |")
    expect(text).toContain("| `credentials[].username` | text | required |")
  })
})

describe("redirect rules", () => {
  it("lead low ports to the services' own and tell what cannot be reached", async () => {
    const config = await parseConfig(
      `
listen: 0.0.0.0
services:
  Telnet: { emulator: telnet }
  Echo6.udp: { emulator: echo, low_port: udp:7, listen: "::" }
  One: { emulator: echo, low_port: tcp:9, listen: 203.0.113.7 }
  Off: { emulator: echo, low_port: tcp:19, enabled: false }
  Same: { emulator: echo, port: tcp:2323 }
  Local: { emulator: echo, low_port: tcp:13, listen: 127.0.0.1 }
  Free: { emulator: echo, low_port: tcp:17, port: 0 }
`,
      { catalogue },
    )
    expect(redirectRules(config)).toMatchInlineSnapshot(`
      {
        "iptables": "#!/bin/sh
      # Leads low ports to the Propolis sensor. Take back: the same lines with -D in place of -A.
      # Local: listens on 127.0.0.1 only; set listen: 0.0.0.0 (or ::) to have it reached
      # Free: takes a free port at each start; give it a port of its own
      set -e
      iptables -t nat -A PREROUTING -p tcp --dport 23 -m comment --comment "propolis Telnet" -j REDIRECT --to-ports 10023
      iptables -t nat -A PREROUTING -p udp --dport 7 -m comment --comment "propolis Echo6.udp" -j REDIRECT --to-ports 10007
      ip6tables -t nat -A PREROUTING -p udp --dport 7 -m comment --comment "propolis Echo6.udp" -j REDIRECT --to-ports 10007
      iptables -t nat -A PREROUTING -d 203.0.113.7 -p tcp --dport 9 -m comment --comment "propolis One" -j REDIRECT --to-ports 10009
      ",
        "nftables": "#!/usr/sbin/nft -f
      # Leads low ports to the Propolis sensor. Take back: nft delete table inet propolis
      # Local: listens on 127.0.0.1 only; set listen: 0.0.0.0 (or ::) to have it reached
      # Free: takes a free port at each start; give it a port of its own
      table inet propolis
      delete table inet propolis
      table inet propolis {
        chain prerouting {
          type nat hook prerouting priority dstnat; policy accept;
          meta nfproto ipv4 tcp dport 23 redirect to :10023 comment "propolis Telnet"
          udp dport 7 redirect to :10007 comment "propolis Echo6.udp"
          ip daddr 203.0.113.7 tcp dport 9 redirect to :10009 comment "propolis One"
        }
      }
      ",
        "notes": [
          "Local: listens on 127.0.0.1 only; set listen: 0.0.0.0 (or ::) to have it reached",
          "Free: takes a free port at each start; give it a port of its own",
        ],
      }
    `)
  })
})
