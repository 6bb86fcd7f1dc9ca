import { join } from "node:path"
import { describeEmulator } from "@propolis/testkit/emulator"
import { describe, expect, it } from "vitest"
import { declarative } from "./declarative.ts"
import { patternFault } from "./safe-pattern.ts"

describeEmulator(declarative, {
  transcriptDir: join(import.meta.dirname, "transcripts"),
  optionSets: [
    {},
    { banner: "hi\r\n", default: "?\r\n", patterns: [{ name: "a", match: "^a.*b.*", reply: "x" }] },
    { lineMode: false, default: "?", patterns: [{ name: "q", literal: "q", close: true }] },
  ],
})

describe("patterns", () => {
  it.each(["^GET /", "^a*b*", "(abc)+", "[a-z]{1,8}", "^\\d+ \\w+", "^VER(SION)?$", "a|b"])(
    "takes %s",
    (pattern) => {
      expect(patternFault(pattern)).toBeUndefined()
    },
  )
  it.each([
    "(a+)+",
    "(a|aa)+$",
    "(a*)*b",
    "((a?)b)*",
    "(\\w+\\s?)*",
    "(a)\\1",
    "(?=a)b",
    "a*a*a*b",
    "a.*b.*c",
    "^a|b.*c.*d",
    "a{0,64}a{0,64}a{0,64}b",
    "(",
    "(?:x{2,}){3,}",
  ])("refuses %s", (pattern) => {
    expect(patternFault(pattern)).toBeTypeOf("string")
  })
  it("says where and why", () => {
    const result = declarative.options.safeParse({
      banner: "{{persona.shoe}}",
      patterns: [{ name: "x y", match: "(a+)+" }],
    })
    expect(result.error?.issues.map((issue) => [issue.path.join("."), issue.message])).toEqual([
      ["banner", expect.stringContaining("{{persona.shoe}} is not known")],
      ["patterns.0.name", expect.stringContaining("expected 1 to 64 letters")],
      ["patterns.0.match", expect.stringContaining("a repetition within a repetition")],
    ])
  })
})
