/** What the pages do when a hub refuses, fails or is empty: states that a healthy hub cannot be brought into. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { requireProgram } from "@propolis/testkit"
import type { Page, Request } from "playwright-core"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { accessibilityFaults, openBrowser, type TestBrowser, visit, watchFaults } from "./browser.ts"
import { builtPages } from "./build-pages.ts"
import { type FixtureServer, startFixture } from "./fixture/server.ts"

const browserIsThere = requireProgram("chromium", "chromium", "the states of the pages in a browser")

describe.skipIf(!browserIsThere)("states of the pages", () => {
  let pages: string
  let fixture: FixtureServer
  let browser: TestBrowser
  let page: Page
  let faults: string[]

  beforeAll(async () => {
    pages = await builtPages()
    fixture = await startFixture(pages)
    browser = await openBrowser()
    page = await browser.context.newPage()
    await page.emulateMedia({ reducedMotion: "reduce" })
    faults = watchFaults(page, fixture.origin)
  })
  afterAll(async () => {
    await browser?.close()
    await fixture?.close()
  })
  beforeEach(() => {
    Object.assign(fixture.state, {
      signedIn: true,
      mustChangePassword: false,
      empty: false,
      demo: false,
      failWith: undefined,
    })
    faults.splice(0)
  })

  test("generated events are marked as such on every page", async () => {
    fixture.state.demo = true
    await visit(page, `${fixture.origin}/services`)
    await page.getByRole("note").getByText("generated events").waitFor()
  })

  test("Home with its chart asks for at most 300 kB of JavaScript by gzip", async () => {
    const scripts: string[] = []
    const note = (request: Request) => {
      if (request.resourceType() === "script") scripts.push(new URL(request.url()).pathname)
    }
    page.on("request", note)
    await visit(page, `${fixture.origin}/`)
    await page.waitForLoadState("load")
    page.off("request", note)
    const sizes = await Promise.all(
      scripts.map(async (path) => gzipSync(await readFile(join(pages, path)), { level: 9 }).length),
    )
    expect(sizes.length).toBeGreaterThan(1)
    expect(sizes.reduce((total, bytes) => total + bytes)).toBeLessThanOrEqual(300_000)
  })

  test("the running hour is dashed in the chart and named in its tooltip and its table", async () => {
    await visit(page, `${fixture.origin}/`)
    const chart = page.locator(".activity-chart")
    expect(await chart.locator("path[data-running]").count()).toBe(3)
    const box = (await chart.boundingBox())!
    await page.mouse.move(box.x + box.width - 8, box.y + 100)
    await page.getByText("so far: this hour is not over").waitFor()
    await page.mouse.move(box.x + box.width / 2, box.y + 100)
    await page.getByText("so far: this hour is not over").waitFor({ state: "detached" })
    expect(await page.locator(".chart-tooltip div").count()).toBe(3)
    await page.getByRole("button", { name: "Show as table" }).click()
    const rows = page.locator("table", { hasText: "Hour from" }).locator("tbody tr")
    expect(await rows.filter({ hasText: "so far" }).count()).toBe(1)
    expect(await rows.first().textContent()).toContain("so far")
  })

  test("a failed answer can be asked for again", async () => {
    fixture.state.failWith = 400
    await page.goto(`${fixture.origin}/hosts`)
    await page.getByText("Made to fail").waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    fixture.state.failWith = undefined
    await page.getByRole("button", { name: "Try again" }).click()
    await page.getByRole("link", { name: "198.51.100.23" }).waitFor()
  })

  test("a refusal leads to the sign-in and back", async () => {
    Object.assign(fixture.state, { signedIn: false, failWith: 401 })
    await page.goto(`${fixture.origin}/services/SSH?hours=6`)
    await page.locator("main").getByRole("link", { name: "Sign in" }).click()
    fixture.state.failWith = undefined
    await page.getByLabel("Email").fill("admin@example.org")
    await page.locator("input[type=password]").fill("correct horse battery")
    await page.locator("main button[type=submit]").click()
    await page.waitForURL("**/services/SSH?hours=6")
    await page.getByText("In the last 6 hours.").waitFor()
  })

  test.each(["//evil.example/", "/\\evil.example/", "https://evil.example/", "javascript:alert(1)"])(
    "signing in never leads away from the site: %s",
    async (next) => {
      fixture.state.signedIn = false
      await page.goto(`${fixture.origin}/sign-in?next=${encodeURIComponent(next)}`)
      await page.getByLabel("Email").fill("admin@example.org")
      await page.locator("input[type=password]").fill("correct horse battery")
      await page.locator("main button[type=submit]").click()
      await page.getByRole("heading", { name: "Seven days of activity" }).waitFor()
      expect(page.url()).toBe(`${fixture.origin}/`)
      expect(faults).toEqual([])
    },
  )

  test("an address that was never seen and a session that is gone say so", async () => {
    await page.goto(`${fixture.origin}/hosts/198.18.0.1`)
    await page.getByText("No sensor of this hub has seen this address").waitFor()
    await page.goto(`${fixture.origin}/sessions/nothing`)
    await page.getByText("not, or no longer, stored here").waitFor()
  })

  test("the search takes an address as reports write it and refuses anything else", async () => {
    await visit(page, `${fixture.origin}/`)
    const search = page.getByRole("search").getByRole("textbox")
    await search.fill("not an address")
    await search.press("Enter")
    await page.getByText("Not an IPv4 or IPv6 address").waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await search.fill("203[.]0[.]113[.]7")
    await search.press("Enter")
    await page.waitForURL("**/hosts/203.0.113.7")
    await search.fill("2001:DB8:4f2:91aa::7e:1")
    await search.press("Enter")
    await page.waitForURL("**/hosts/2001:db8:4f2:91aa::7e:1")
    await page.getByRole("heading", { name: "2001:db8:4f2:91aa::7e:1" }).waitFor()
  })

  test("earlier sessions are loaded on demand, page by page", async () => {
    await visit(page, `${fixture.origin}/hosts/198.51.100.23`)
    const rows = page.locator("table", { hasText: "Started" }).locator("tbody tr")
    expect(await rows.count()).toBe(25)
    await page.getByRole("button", { name: "Earlier sessions" }).click()
    await expect.poll(() => rows.count()).toBe(50)
    await page.getByRole("button", { name: "Earlier sessions" }).click()
    await expect.poll(() => rows.count()).toBe(60)
    expect(await page.getByRole("button", { name: "Earlier sessions" }).count()).toBe(0)
  })

  test("a keyboard alone reaches the content, a series of the chart and the other colours", async () => {
    await page.emulateMedia({ colorScheme: "light" })
    await visit(page, `${fixture.origin}/`)
    await page.keyboard.press("Tab")
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content")
    await page.keyboard.press("Enter")
    await expect.poll(() => page.evaluate(() => location.hash)).toBe("#content")
    const series = page.getByRole("button", { name: /^Received/ })
    await series.focus()
    await page.keyboard.press("Space")
    expect(await series.getAttribute("aria-pressed")).toBe("false")
    await page.getByRole("button", { name: "Switch to dark colours" }).focus()
    await page.keyboard.press("Enter")
    await expect.poll(() => page.locator("html").getAttribute("data-mantine-color-scheme")).toBe("dark")
    await page.reload()
    expect(await page.locator("html").getAttribute("data-mantine-color-scheme")).toBe("dark")
  })

  test("a flood of live events keeps the list at its bound", async () => {
    await page.goto(`${fixture.origin}/live`)
    await expect.poll(() => fixture.streams()).toBeGreaterThan(0)
    for (let i = 0; i < 1_500; i++) fixture.pushEvent()
    await page.getByText("1,500 arrived").waitFor()
    expect(await page.locator(".live-table tbody tr").count()).toBe(300)
  })
})
