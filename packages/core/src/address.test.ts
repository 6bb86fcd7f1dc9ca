import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  blockContains,
  formatAddress,
  formatBlock,
  networkOf,
  normalizeAddress,
  parseAddress,
  parseBlock,
  specialUseOf,
} from "./address.ts"

describe("normalizeAddress", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:0201", "192.0.2.1"],
    ["2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::192.0.2.1", "::c000:201"],
    ["1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"],
  ])("%s is written %s", (text, normal) => expect(normalizeAddress(text)).toBe(normal))

  it.each([
    "",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "1.2.3.4 ",
    "::1%eth0",
    ":::",
    "1::2::3",
    "12345::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "g::",
    "1.2.3.4::",
    "::1.2.3",
    ":1.2.3.4",
    "1:2:3:4:5:6:7:1.2.3.4",
    "localhost",
    "0x7f.1",
  ])("%j is no address", (text) => expect(normalizeAddress(text)).toBeUndefined())

  it("reads back what it writes", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc
        .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
        .map((list) => Uint8Array.from(list)),
    )
    fc.assert(
      fc.property(bytes, (address) => {
        const text = formatAddress(address)
        const again = parseAddress(text)!
        expect(normalizeAddress(text)).toBe(formatAddress(again))
        if (!normalizeAddress(text)!.includes(".") || address.length === 4)
          expect([...again]).toEqual([...address])
      }),
    )
  })

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789abcf:./%") }), (text) => {
        const normal = normalizeAddress(text)
        if (normal !== undefined) expect(normalizeAddress(normal)).toBe(normal)
      }),
    )
  })
})

describe("blocks", () => {
  it.each([
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["10.1.2.3", "10.1.2.3/32"],
    ["2001:db8:ffff::1/33", "2001:db8:8000::/33"],
    ["0.0.0.0/0", "0.0.0.0/0"],
  ])("%s is %s", (text, normal) => expect(formatBlock(parseBlock(text)!)).toBe(normal))

  it.each(["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "x/8", "10.0.0.0/8/8"])(
    "%s is none",
    (text) => expect(parseBlock(text)).toBeUndefined(),
  )

  it("holds every address that shares its prefix and no other", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.integer({ min: 0, max: 32 }),
        (a, b, length) => {
          const block = parseBlock(`${formatAddress(a)}/${length}`)!
          const bits = (bytes: Uint8Array) =>
            [...bytes]
              .map((byte) => byte.toString(2).padStart(8, "0"))
              .join("")
              .slice(0, length)
          expect(blockContains(block, b)).toBe(bits(a) === bits(b))
        },
      ),
    )
  })

  it.each([
    ["192.0.2.77", "192.0.2.0/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ])("%s is accounted with %s", (address, network) => expect(networkOf(address)).toBe(network))
})

describe("specialUseOf", () => {
  it.each([
    ["127.0.0.1", "loopback"],
    ["172.31.255.255", "private use"],
    ["100.127.0.1", "shared address space"],
    ["fe80::1", "link local"],
    ["2001:db8::1", "documentation"],
    ["172.32.0.0", undefined],
    ["8.8.8.8", undefined],
    ["2606:4700::1111", undefined],
  ])("%s: %s", (address, use) => expect(specialUseOf(address)).toBe(use))
})
