import { describe, expect, it } from "vitest"
import { z } from "zod"
import { createRedactor, redacted, redactOptions, secret, secretTexts } from "./secret.ts"

const schema = z
  .strictObject({
    url: z.url(),
    token: secret(z.string().min(3)).optional().describe("A token."),
    headers: z.record(z.string(), secret(z.string())).default({}),
    logins: z.array(z.strictObject({ user: z.string(), password: secret(z.string()) })).prefault([]),
    rules: z.union([z.strictObject({ a: z.string() }), z.array(z.string())]).default(["x"]),
    either: z.union([z.number(), z.strictObject({ key: secret(z.string()) })]).optional(),
    trimmed: secret(z.string())
      .transform((text) => text.trim())
      .optional(),
  })
  .refine(() => true)
const value = schema.parse({
  url: "https://h.example/",
  token: "t-oken",
  headers: { authorization: "Bearer b" },
  logins: [{ user: "u", password: "pass" }],
  either: { key: "k-ey" },
  trimmed: " padded ",
})

describe("secrets of options", () => {
  it("are taken out wherever the schema marks them, and nothing else is", () => {
    expect(redactOptions(schema, value)).toEqual({
      url: "https://h.example/",
      token: redacted,
      headers: { authorization: redacted },
      logins: [{ user: "u", password: redacted }],
      rules: ["x"],
      either: { key: redacted },
      trimmed: redacted,
    })
    expect(value.token).toBe("t-oken")
  })

  it("are listed", () => {
    expect(secretTexts(schema, value).sort()).toEqual(["Bearer b", "k-ey", "padded", "pass", "t-oken"])
    expect(secretTexts(schema, { url: "x" })).toEqual([])
  })

  it("are told in the JSON Schema", () => {
    const json = z.toJSONSchema(schema, { io: "input" }) as { properties: Record<string, object> }
    expect(json.properties.token).toMatchObject({ secret: true, description: "A token." })
  })
})

describe("the redactor", () => {
  const hook = "https://hooks.example/services/T0/B0/x~y?k=v%20w"
  const redact = createRedactor(['pass"w\nord', "ü&=+ key", hook, "abc", "in", "token-long", "token"])
  it.each([
    ['said pass"w\nord', `said ${redacted}`],
    [JSON.stringify({ p: 'pass"w\nord' }), `{"p":"${redacted}"}`],
    [`q=${encodeURIComponent("ü&=+ key")}`, `q=${redacted}`],
    [`Basic ${Buffer.from("token-long").toString("base64")}`, `Basic ${redacted}==`],
    [`POST ${hook}`, `POST ${redacted}`],
    ["POST /services/T0/B0/x~y?k=v%20w failed", `POST ${redacted} failed`],
    ["a token-long and a token", `a ${redacted} and a ${redacted}`],
    ["in the abc nothing is secret", "in the abc nothing is secret"],
  ])("%s", (text, expected) => expect(redact(text)).toBe(expected))

  it("leaves text alone where there are no secrets", () => {
    expect(createRedactor([])("x")).toBe("x")
    expect(createRedactor(["\ud800abc"])("x")).toBe("x")
  })
})
