import { z } from "zod"
import { patternFault } from "./safe-pattern.ts"
import { placeholderNames, unknownPlaceholder } from "./template.ts"

const template = z
  .string()
  .max(16_384)
  .superRefine((text, context) => {
    const unknown = unknownPlaceholder(text)
    if (unknown === undefined) return
    context.addIssue({
      code: "custom",
      message: `{{${unknown}}} is not known; expected one of ${placeholderNames.join(", ")}`,
    })
  })

const pattern = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, "expected 1 to 64 letters, digits and ._-")
      .describe("Recorded as the attribute `pattern`."),
    match: z
      .string()
      .superRefine((text, context) => {
        const fault = patternFault(text)
        if (fault !== undefined) context.addIssue({ code: "custom", message: fault })
      })
      .optional()
      .describe("Regular expression over the first 1,024 bytes; one character stands for one byte."),
    literal: z.string().min(1).max(4_096).optional().describe("Text that the input must begin with."),
    hex: z
      .string()
      .regex(/^(?:[0-9a-fA-F]{2}){1,2048}$/, "expected an even number of hexadecimal digits")
      .optional()
      .describe("Bytes that the input must begin with."),
    reply: template
      .optional()
      .describe("What is answered; `{{persona.hostName}}` and `\\x00` are filled in."),
    close: z.boolean().default(false).describe("Close the connection behind it."),
    record: z.boolean().default(true).describe("Record the pattern's name and the input as `command`."),
  })
  .refine(
    (it) => [it.match, it.literal, it.hex].filter((part) => part !== undefined).length === 1,
    "expected one of match, literal and hex",
  )

export const declarativeOptions = z.strictObject({
  banner: template.optional().describe("Sent when a client connects (TCP)."),
  patterns: z.array(pattern).max(200).default([]).describe("The first that matches answers."),
  default: template.optional().describe("Answer where no pattern matches."),
  lineMode: z
    .boolean()
    .default(true)
    .describe("Match each line without its end (TCP); otherwise what came within a pause of 10 ms."),
  maxLine: z
    .int()
    .min(1)
    .max(4_096)
    .default(1_024)
    .describe("Bytes of one input that are looked at; the rest is dropped."),
  close: z.boolean().default(false).describe("Close the connection behind the first answer."),
})
export type DeclarativeOptions = z.infer<typeof declarativeOptions>
