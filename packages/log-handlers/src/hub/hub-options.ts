/** Options of the hub log handler. */
import { z } from "zod"

const headerText = /^[\x21-\x7e]+$/

export const hubOptionsSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: "expected an http or https URL" })
      .refine((text) => isPlain(text), "expected a URL without user name, password, query and fragment")
      .describe("The hub's address, as https://hub.example."),
    apiId: z
      .string()
      .max(200)
      .regex(headerText, "expected printable characters without spaces")
      .describe("The account's API id."),
    apiKey: z
      .string()
      .max(200)
      .regex(headerText, "expected printable characters without spaces")
      .optional()
      .describe("The sensor key. Better kept in a file of its own: apiKeyFile."),
    apiKeyFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        "File with the sensor key, relative to the data folder. Read again when the hub refuses the key.",
      ),
    compression: z
      .enum(["zstd", "gzip", "none"])
      .default("zstd")
      .describe("How batches are compressed. A hub that does not know it gets the next one of the list."),
    timeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(30_000)
      .describe("How long the hub may take to answer one batch, in milliseconds."),
  })
  .refine((options) => (options.apiKey === undefined) !== (options.apiKeyFile === undefined), {
    path: ["apiKey"],
    error: "expected either apiKey or apiKeyFile",
  })
export type HubOptions = z.infer<typeof hubOptionsSchema>

function isPlain(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && url.username === "" && url.password === "" && url.search === "" && url.hash === ""
}
