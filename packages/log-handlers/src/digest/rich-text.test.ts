import { describe, expect, it } from "vitest"
import { fillTemplate } from "./alert-text.ts"
import { neutralize } from "./neutralize.ts"
import { type Markup, plainMarkup, renderLines } from "./rich-text.ts"

const html: Markup = {
  text: (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;"),
  bold: (text) => `<b>${html.text(text)}</b>`,
  quote: (text) => `<code>${html.text(text)}</code>`,
  link: (url, text) => `<a href="${html.text(url)}">${html.text(text)}</a>`,
}

describe("rendering", () => {
  const lines = [
    [{ bold: "a<b" }, " & c"],
    ["said ", { quote: "<x>" }, " then ", { link: "https://h/?a&b", text: "hub" }],
  ]
  it("escapes every text in the target's markup", () => {
    expect(renderLines(lines, html, 1_000)).toBe(
      '<b>a&lt;b</b> &amp; c\nsaid <code>&lt;x></code> then <a href="https://h/?a&amp;b">hub</a>',
    )
    expect(renderLines(lines, plainMarkup, 1_000)).toBe("a<b & c\nsaid <x> then hub: https://h/?a&b")
  })

  it("never exceeds its limit, and never cuts markup in two", () => {
    const whole = renderLines(lines, html, 1_000)
    for (let max = 0; max <= whole.length; max++) {
      const text = renderLines(lines, html, max)
      expect(text.length).toBeLessThanOrEqual(max)
      expect((text.match(/<(b|code|a)\b/g) ?? []).length).toBe((text.match(/<\/(b|code|a)>/g) ?? []).length)
      expect(text).not.toMatch(/&[a-z]*$/)
    }
    expect(renderLines([["a long text"]], plainMarkup, 6)).toBe("a lon…")
    expect(renderLines([["😀😀😀"]], plainMarkup, 4)).toBe("😀…")
  })
})

describe("the attacker's words", () => {
  it.each([
    ["http://evil.example/a?b", "hxxp[:]//evil[.]example/a?b"],
    ["HTTPS://1.2.3.4", "hxxpS[:]//1[.]2[.]3[.]4"],
    ["ftp://x", "ftp[:]//x"],
    ["@everyone #general", "[@]everyone [#]general"],
    ["a\u001b[31m\u202eb\n", "a\\x1b[31m\\u202eb\\n"],
    ["`x`", "'x'"],
    ["\ud800", "\ufffd"],
  ])("%j becomes %j", (text, expected) => expect(neutralize(text)).toBe(expected))
})

describe("templates", () => {
  it("fill what is known, leave the rest, and fill nothing twice", () => {
    expect(fillTemplate("{a} {b} {a} {} {toString}", { a: "{b}", b: "2" })).toBe("{b} 2 {b} {} {toString}")
  })
})
