import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { openPackagedAsn } from "./asn-source.ts"
import { openEnricher, rememberingLookup } from "./index.ts"

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "propolis-enrich-"))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const v4 = ['16777216,16777471,13335,"Cloudflare, Inc."', '16777472,16777727,64500,A ""b""', "nonsense,1,2,x"]
const v6 = [
  "2001:db8::,2001:db8::ffff,64501,Déjà Vu",
  "2001:db8:0:1::,2001:db8:0:1:ffff:ffff:ffff:ffff,64502,Next",
  "::2:0:0:0,1:2:3:4:5:6:7:8,64503,wide",
  "2001:::1,2001::2,64504,broken",
]

async function writeCsv(lines4: readonly string[], lines6: readonly string[]): Promise<void> {
  await writeFile(join(dir, "asn-ipv4-num.csv"), `${lines4.join("\n")}\n`)
  await writeFile(join(dir, "asn-ipv6.csv"), lines6.join("\n"))
}

test("ranges are inclusive, IPv4 and IPv6, and names keep their letters", async () => {
  await writeCsv(v4, v6.slice(0, 2))
  const find = await openPackagedAsn(join(dir, "cache"), dir)
  expect(find("1.0.0.0")).toEqual({ asn: 13335, name: "Cloudflare, Inc." })
  expect(find("1.0.0.255")?.asn).toBe(13335)
  expect(find("1.0.1.0")?.asn).toBe(64500)
  expect(find("1.0.2.0")).toBeUndefined()
  expect(find("0.255.255.255")).toBeUndefined()
  expect(find("255.255.255.255")).toBeUndefined()
  expect(find("2001:db8::")).toEqual({ asn: 64501, name: "Déjà Vu" })
  expect(find("2001:db8::ffff")?.asn).toBe(64501)
  expect(find("2001:db8::1:0")).toBeUndefined()
  expect(find("2001:db8:0:1:8000::")?.asn).toBe(64502)
  expect(find("::")).toBeUndefined()
  expect(find("not an address")).toBeUndefined()
})

test("every spelling of an IPv6 range is read, a broken one is left out", async () => {
  await writeCsv([], v6.slice(2))
  const find = await openPackagedAsn(join(dir, "cache"), dir)
  expect(find("0:0:0:0:2::")?.asn).toBe(64503)
  expect(find("1:2:3:4:5:6:7:8")?.asn).toBe(64503)
  expect(find("1:2:3:4:5:6:7:9")).toBeUndefined()
  expect(find("2001::1")).toBeUndefined()
})

test("the compiled table is reused, made anew when the data changes, and when it is damaged", async () => {
  await writeCsv(v4, v6)
  const cache = join(dir, "cache", "asn-table.bin")
  await openPackagedAsn(join(dir, "cache"), dir)
  const first = await readFile(cache)
  await writeFile(cache, first.subarray(0, first.length - 1))
  expect((await openPackagedAsn(join(dir, "cache"), dir))("1.0.0.1")?.asn).toBe(13335)
  expect(await readFile(cache)).toEqual(first)

  await writeCsv(["16777216,16777471,64555,Other"], [])
  await utimes(join(dir, "asn-ipv4-num.csv"), 1, 1)
  expect((await openPackagedAsn(join(dir, "cache"), dir))("1.0.0.1")?.asn).toBe(64555)
})

test("the data that npm carries knows well-known addresses, and names its sources", async () => {
  const enricher = await openEnricher({ cacheDir: dir })
  expect(enricher.problems).toEqual([])
  expect(enricher.lookup("8.8.8.8")).toMatchObject({ asn: 15169, country: "US" })
  expect(enricher.lookup("2606:4700::1111")).toMatchObject({ asn: 13335 })
  expect(enricher.lookup("10.1.2.3")).toEqual({ country: "", asn: 0, asName: "" })
  expect(enricher.attribution.map((source) => source.url)).toContain("https://db-ip.com/")
})

test("an operator's file that cannot be read is a problem to report, not a failure", async () => {
  const enricher = await openEnricher({
    cacheDir: dir,
    asnMmdb: join(dir, "missing.mmdb"),
    countryMmdb: join(dir, "missing.mmdb"),
  })
  expect(enricher.problems).toHaveLength(2)
  expect(enricher.lookup("8.8.8.8")).toEqual({ country: "", asn: 0, asName: "" })
  expect(enricher.attribution).toEqual([])
})

test("a database that throws answers unknown, and an address is looked up once", () => {
  let looked = 0
  const lookup = rememberingLookup(
    () => {
      looked++
      throw new Error("damaged")
    },
    () => "DE",
  )
  expect(lookup("9.9.9.9")).toEqual({ country: "DE", asn: 0, asName: "" })
  expect(lookup("9.9.9.9").country).toBe("DE")
  expect(looked).toBe(1)
})
