/** Options of the hub log handler. */
import { z } from "zod"
import { headerText, httpOptions, urlOption } from "../http/http-options.ts"
import { secretOption } from "../secret-option.ts"

export const hubOptionsSchema = z
  .strictObject({
    url: urlOption().describe("The hub's address, as https://hub.example."),
    apiId: headerText.max(200).describe("The account's API id."),
    apiKey: secretOption(200)
      .regex(/^\S+$/, "expected printable characters without spaces")
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
    ...httpOptions,
  })
  .refine((options) => (options.apiKey === undefined) !== (options.apiKeyFile === undefined), {
    path: ["apiKey"],
    error: "expected either apiKey or apiKeyFile",
  })
export type HubOptions = z.infer<typeof hubOptionsSchema>
