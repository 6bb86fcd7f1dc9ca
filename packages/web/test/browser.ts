/** Debian's Chromium, driven over its debugging protocol: every test gets a browser with nothing in it. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findProgram } from "@propolis/testkit"
import { type BrowserContext, chromium, type Page } from "playwright-core"

export type ColorScheme = "light" | "dark"

export interface TestBrowser {
  readonly context: BrowserContext
  close(): Promise<void>
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js")

export async function openBrowser(): Promise<TestBrowser> {
  const userDataDir = await mkdtemp(join(tmpdir(), "propolis-browser-"))
  const context = await chromium.launchPersistentContext(userDataDir, {
    executablePath: findProgram("chromium") ?? "chromium",
    headless: true,
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
  })
  return {
    context,
    async close() {
      await context.close()
      await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** What a page complained about: console errors, exceptions, refused content, and requests to anywhere else. */
export function watchFaults(page: Page, origin: string): string[] {
  const faults: string[] = []
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()} (${message.location().url})`)
  })
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`))
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on("request", (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !url.startsWith("data:")) faults.push(`request to ${url}`)
  })
  return faults
}

/** Serious and critical faults that axe-core finds, one line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // A content security policy forbids a script element; the debugging protocol does not go through it.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(await readFile(axePath, "utf8"))
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: {
        run(
          root: Document,
          options: { resultTypes: string[] },
        ): Promise<{
          violations: { id: string; impact: string; nodes: { target: unknown; failureSummary: string }[] }[]
        }>
      }
    }
    return (await axe.run(document, { resultTypes: ["violations"] })).violations
  })
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)}: ${failureSummary}`),
    )
}

/** Loads a page and waits until its data and its charts are there. */
export async function visit(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await settled(page)
}

export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector("h1") !== null &&
      document.querySelector("[aria-busy=true]") === null &&
      [...document.querySelectorAll(".chart")].every((chart) => chart.querySelector("svg path") !== null),
  )
}
