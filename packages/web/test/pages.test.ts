/** The pages as a reader meets them: the real hub, events over HTTP, a real browser. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { requireProgram } from "@propolis/testkit"
import type { Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { accessibilityFaults, openBrowser, settled, type TestBrowser, visit, watchFaults } from "./browser.ts"
import { builtPages } from "./build-pages.ts"
import { hostilePayloads, hostileUserAgent } from "./fixture/hostile.ts"
import { sessionOf, startHub, type TestHub } from "./hub.ts"

const browserIsThere = requireProgram("chromium", "chromium", "the pages in a browser")
const newPassword = "a long enough passphrase"
const busiest = "198.51.100.23"
const hostile = "203.0.113.66"
const text = new TextEncoder()

describe.skipIf(!browserIsThere)("the pages on a real hub", () => {
  let dir: string
  let hub: TestHub
  let browser: TestBrowser
  let page: Page
  let faults: string[]

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "propolis-web-"))
    ;[hub, browser] = await Promise.all([
      builtPages().then((pages) => startHub(join(dir, "hub"), pages, "none")),
      openBrowser(),
    ])
    page = await browser.context.newPage()
    // A chart that is still growing has its slices elsewhere.
    await page.emulateMedia({ reducedMotion: "reduce" })
    faults = watchFaults(page, hub.url)
  })
  afterAll(async () => {
    await browser?.close()
    await hub?.close()
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  })
  afterEach(() => {
    expect(faults.splice(0)).toEqual([])
  })

  test("without an account a private hub shows its sign-in, whatever page was asked for", async () => {
    await visit(page, `${hub.url}/hosts`)
    expect(await page.locator("h1").textContent()).toBe("Sign in")
    await page.getByText("Here for the first time?").waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByLabel("Email").fill(hub.oneTimePassword.email)
    await page.locator("input[type=password]").fill("not the password")
    await page.locator("main button[type=submit]").click()
    await page.getByRole("alert").getByText("do not fit").waitFor()
    // The refusal itself is what the browser logs.
    expect(faults.splice(0).filter((fault) => !fault.includes("401"))).toEqual([])
  })

  test("the one-time password opens nothing but its own replacement", async () => {
    await page.locator("input[type=password]").fill(hub.oneTimePassword.password)
    await page.locator("main button[type=submit]").click()
    await page.getByRole("heading", { name: "Choose your password" }).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    const fields = page.locator("input[type=password]")
    await fields.nth(0).fill(hub.oneTimePassword.password)
    await fields.nth(1).fill(newPassword)
    await fields.nth(2).fill(newPassword)
    await page.getByRole("button", { name: "Change the password" }).click()
    await page.getByRole("heading", { name: "Top 10 hosts" }).waitFor()
  })

  test("an empty hub tells a newcomer how to attack the own sensor", async () => {
    await visit(page, `${hub.url}/`)
    await page.getByText("curl -i http://127.0.0.1:10080/").waitFor()
    await page.getByText("telnet 127.0.0.1 10023").waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
  })

  test("what sensors sent is on Home: totals, chart, top hosts and services", async () => {
    const now = Date.now()
    const hosts = Array.from({ length: 9 }, (_, i) => (i === 0 ? busiest : `198.51.100.${100 + i}`))
    const events = hosts.flatMap((remoteHost, i) =>
      Array.from({ length: 30 - i * 3 }, (_, k) => {
        const service = ["Telnet", "SSH", "HTTP"][k % 3]!
        const startedAt = now - 120_000 - k * 2_000
        return sessionOf({ remoteHost, service, startedAt, received: [text.encode(`hello ${k}\r\n`)] })
      }).flat(),
    )
    const session = sessionOf({
      remoteHost: hostile,
      startedAt: now - 90_000,
      received: hostilePayloads.map(({ bytes }) => bytes),
      attributes: { userAgent: hostileUserAgent, password: "xc3511\u0000\u202e" },
    })
    await hub.send([...events, ...session])
    await expect
      .poll(async () => (await hub.ask<{ rows: unknown[] }>("/api/web/hosts/top")).rows.length, {
        timeout: 20_000,
      })
      .toBe(10)
    // The empty page of the test before is still open: it fills by itself.
    await page.locator(".total-value").first().waitFor({ timeout: 20_000 })
    await visit(page, `${hub.url}/`)
    expect(await page.locator(".total-value").allTextContents()).toContain("163")
    await page.getByRole("link", { name: busiest }).first().waitFor()
    await page.getByRole("button", { name: "Show as table" }).click()
    expect(await page.locator("table", { hasText: "Hour from" }).locator("tbody tr").count()).toBeGreaterThan(
      0,
    )
  })

  test("a click on a label of the bars leads to the host", async () => {
    await visit(page, `${hub.url}/hosts`)
    await page.locator(".chart svg text", { hasText: busiest }).click()
    await page.waitForURL(`**/hosts/${busiest}`)
    await settled(page)
    expect(await page.locator("h1").textContent()).toBe(busiest)
  })

  test("a click on a slice of the pie leads to the host", async () => {
    await visit(page, `${hub.url}/hosts`)
    // The biggest slice begins at twelve o'clock and goes clockwise: a point just right of the top is in it.
    const box = (await page.locator(".chart").first().boundingBox())!
    const radius = (Math.min(box.width, box.height) / 2) * 0.7
    await page.mouse.click(box.x + box.width / 2 + radius * 0.35, box.y + box.height / 2 - radius * 0.93)
    await page.waitForURL(`**/hosts/${busiest}`)
  })

  test("from a service to its addresses, to a host, to a session, by links alone", async () => {
    await visit(page, `${hub.url}/services`)
    await page.locator("table").getByRole("link", { name: "SSH" }).click()
    await page.getByRole("heading", { name: "Top 10 addresses making SSH connections" }).waitFor()
    await page.locator("table").getByRole("link", { name: busiest }).click()
    await page.getByRole("heading", { name: busiest }).waitFor()
    await page.locator("table", { hasText: "Started" }).getByRole("link").first().click()
    await page.getByRole("heading", { name: "Session", exact: true }).waitFor()
    await page.locator(".event").first().waitFor()
  })

  test("deep links of other products lead to the host", async () => {
    for (const path of ["/ip/", "/explore/"]) {
      await visit(page, `${hub.url}${path}${busiest}`)
      expect(new URL(page.url()).pathname).toBe(`/hosts/${busiest}`)
    }
  })

  test("payloads are inert and every character that hides is visible", async () => {
    await visit(page, `${hub.url}/hosts/${hostile}`)
    await page.locator("table", { hasText: "Started" }).getByRole("link").first().click()
    await page.locator(".payload-text").first().waitFor()
    const seen = await page.evaluate(() => {
      const list = document.querySelector(".events")!
      return {
        owned: "__owned" in window,
        title: document.title,
        elements: list.querySelectorAll("script, img, iframe, object, h1").length,
        attackerLinks: [...list.querySelectorAll("a")].length,
        text: list.textContent ?? "",
        marks: [...list.querySelectorAll(".revealed-mark")].map((mark) => mark.textContent ?? ""),
      }
    })
    expect(seen).toMatchObject({ owned: false, title: "Session · Propolis", elements: 0, attackerLinks: 0 })
    expect(seen.text).toContain('<script>window.__owned = 1; alert("owned")</script>')
    expect(seen.text).toContain("<img src=x onerror='window.__owned = 2'>")
    expect(seen.text).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\u061c]/,
    )
    for (const mark of [
      "NUL",
      "\\u202e",
      "ESC[31m",
      "\\xff\\xfe\\x80\\xc0\\xaf",
      "\\u2066",
      "DEL",
      "NUL×2",
    ]) {
      expect(seen.marks).toContain(mark)
    }
    expect(await page.locator(".payload-hex").first().textContent()).toContain("3c 73 63 72 69 70 74 3e")
  })

  test("a new event is on the live page within seconds, a pause counts what passes", async () => {
    await page.goto(`${hub.url}/live`)
    await page.getByRole("status").getByText("Live", { exact: true }).waitFor()
    const first = "198.51.100.201"
    await hub.send(
      sessionOf({ remoteHost: first, startedAt: Date.now(), received: [text.encode("wget\u0000")] }),
    )
    await page.getByRole("link", { name: first }).first().waitFor({ timeout: 15_000 })
    await page.getByRole("button", { name: "Pause" }).click()
    await hub.send(sessionOf({ remoteHost: "198.51.100.202", startedAt: Date.now() }))
    await page.getByText("2 skipped since the pause").waitFor({ timeout: 15_000 })
    await page.getByRole("button", { name: "Resume" }).click()
    await page.getByText("2 events passed while the list was paused").waitFor()
    expect(await page.getByRole("link", { name: "198.51.100.202" }).count()).toBe(0)
  })

  test("the live filter is in the URL and holds back everything else", async () => {
    await page.goto(`${hub.url}/live`)
    await page.getByRole("textbox", { name: "Service" }).fill("FTP")
    await page.waitForURL("**/live?service=FTP")
    await page.getByRole("status").getByText("Live", { exact: true }).waitFor()
    await hub.send([
      ...sessionOf({ remoteHost: "198.51.100.203", service: "SSH", startedAt: Date.now() }),
      ...sessionOf({ remoteHost: "198.51.100.204", service: "FTP", startedAt: Date.now() }),
    ])
    await page.getByRole("link", { name: "198.51.100.204" }).first().waitFor({ timeout: 15_000 })
    expect(await page.getByRole("link", { name: "198.51.100.203" }).count()).toBe(0)
  })

  test("a sensor key is shown once with its block, works, and is refused once deleted", async () => {
    await visit(page, `${hub.url}/account`)
    await page.getByLabel("Label").fill("harbour")
    await page.getByRole("button", { name: "Create" }).click()
    const block = (await page.locator(".secret pre").textContent()) ?? ""
    const apiId = /apiId: (\S+)/.exec(block)![1]!
    const sensorKey = /apiKey: (\S+)/.exec(block)![1]!
    expect(block).toContain(`url: ${hub.url}`)
    await hub.send(sessionOf({ remoteHost: "198.51.100.205" }), { apiId, sensorKey })
    await page.getByRole("button", { name: "I have it" }).click()
    expect(await page.content()).not.toContain(sensorKey)
    await page.locator("tr", { hasText: "harbour" }).getByRole("button").click()
    await page.getByRole("button", { name: "Delete the key" }).click()
    await page.locator("tr", { hasText: "harbour" }).waitFor({ state: "detached" })
    await expect(hub.send(sessionOf({ remoteHost: "198.51.100.205" }), { apiId, sensorKey })).rejects.toThrow(
      "401",
    )
  })

  const looks = [
    "/",
    "/hosts",
    "/services",
    "/services/SSH",
    "host",
    "session",
    "live",
    "/account",
    "/nowhere",
  ]
  describe.each(looks)("%s", (name) => {
    test.each(["light", "dark"] as const)(
      "has no serious accessibility fault and is not wider than a telephone, %s",
      async (colorScheme) => {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width: 1_440, height: 900 })
        await visit(page, hub.url + (await pathOf(name)))
        expect(await page.locator("html").getAttribute("data-mantine-color-scheme")).toBe(colorScheme)
        expect(await accessibilityFaults(page), "wide").toEqual([])
        await page.setViewportSize({ width: 390, height: 844 })
        await expect
          .poll(() => page.evaluate(() => document.documentElement.scrollWidth - innerWidth))
          .toBeLessThanOrEqual(0)
        expect(await accessibilityFaults(page), "narrow").toEqual([])
      },
    )
  })

  async function pathOf(name: string): Promise<string> {
    if (name === "host") return `/hosts/${hostile}`
    // A list of one host: the checks look at every row.
    if (name === "live") return `/live?host=${hostile}`
    if (name !== "session") return name
    const { rows } = await hub.ask<{ rows: { session: string }[] }>(`/api/web/hosts/${hostile}/sessions`)
    return `/sessions/${rows[0]!.session}`
  }
})
