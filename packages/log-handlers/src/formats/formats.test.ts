import { attributeCatalogue, decodeEvent, type SensorEvent } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import { indexTemplate } from "../elasticsearch/index-template.ts"
import { ecsDocument, ecsFieldOf } from "./ecs-document.ts"
import { formatEvent, formatLines } from "./event-format.ts"

const [event] = oddEvents(1, 1) as [SensorEvent]

describe("an event in the Elastic Common Schema", () => {
  it("has the payload as bytes and as text that does nothing", () => {
    const { propolis } = ecsDocument({ ...event, data: Uint8Array.of(0x1b, 0x41, 0xff) }) as {
      propolis: Record<string, unknown>
    }
    expect(propolis).toMatchObject({ data: "G0H/", text: "\\x1bA\\xff", session: event.session })
  })

  it("has attributes where the schema has a field for them, well-formed", () => {
    const attributes = { username: "\ud800x", url: "/a", httpStatus: "404", dnsName: "a.example", limit: "x" }
    const document = ecsDocument({ ...event, attributes })
    expect(document).toMatchObject({
      user: { name: "\ufffdx" },
      url: { original: "/a" },
      http: { response: { status_code: 404 } },
      dns: { question: { name: "a.example" } },
      propolis: { attributes: { ...attributes, username: "\ufffdx" } },
    })
    expect(ecsDocument({ ...event, attributes: { httpStatus: "4x" } }).http).toBeUndefined()
  })

  it("maps names of the catalogue only, and every field of a document is in the index template", () => {
    expect(Object.keys(ecsFieldOf).filter((name) => !Object.hasOwn(attributeCatalogue, name))).toEqual([])
    const attributes = Object.fromEntries(Object.keys(ecsFieldOf).map((name) => [name, "200"]))
    const document = ecsDocument({ ...event, sha256: "00".repeat(32), attributes })
    const { template } = indexTemplate("i") as { template: { mappings: Mapping } }
    expect(unmapped(document, template.mappings, "")).toEqual([])
  })
})

interface Mapping {
  readonly properties?: Readonly<Record<string, Mapping>>
  readonly dynamic?: boolean
}

function unmapped(fields: object, mapping: Mapping, path: string): string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    const found = mapping.properties?.[name]
    if (found === undefined) return [`${path}${name}`]
    if (found.dynamic === true || typeof value !== "object" || Array.isArray(value)) return []
    return unmapped(value as object, found, `${path}${name}.`)
  })
}

describe("formats", () => {
  it("event is the wire format, byte for byte and without a copy", () => {
    const batch = batchOf(1, oddEvents(0, 9))
    expect(formatLines("event", batch)).toBe(batch.ndjson)
    expect(decodeEvent(formatEvent("event", event))).toEqual({ ...event, data: Buffer.from(event.data) })
  })

  it.each(["ecs", "honeypy"] as const)("%s is one object a line, whatever an attacker sent", (format) => {
    const batch = batchOf(1, oddEvents(0, 40))
    const lines = Buffer.from(formatLines(format, batch)).toString().split("\n")
    expect(lines.pop()).toBe("")
    expect(lines.length).toBe(40)
    for (const line of lines) expect(Object.keys(JSON.parse(line) as object).length).toBeGreaterThan(5)
  })
})
