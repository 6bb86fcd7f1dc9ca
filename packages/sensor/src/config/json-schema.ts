/** JSON Schema of `propolis.yaml`, for editors; docs/configuration.schema.json is made from it. */
import { z } from "zod"
import { builtInCatalogue, type Catalogue } from "./catalogue.ts"
import { handlerPart, plainParts, servicePart } from "./parts.ts"

/** As much of JSON Schema (2020-12) as comes out here. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly propertyNames?: JsonSchema
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly if?: JsonSchema
  readonly then?: JsonSchema
  readonly minimum?: number
  readonly maximum?: number
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly $schema?: string
}

const secretReference: JsonSchema = {
  description: "A secret kept elsewhere: an environment variable, or a file's text without its last newline.",
  oneOf: [
    {
      type: "object",
      properties: { env: { type: "string" } },
      required: ["env"],
      additionalProperties: false,
    },
    {
      type: "object",
      properties: { file: { type: "string" } },
      required: ["file"],
      additionalProperties: false,
    },
  ],
}

/** The schema of what may be written for a zod schema. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  }) as JsonSchema
  return rest
}

/** The JSON Schema (2020-12) of a whole configuration. */
export function configJsonSchema(catalogue: Catalogue = builtInCatalogue()): JsonSchema {
  const plain = Object.entries(plainParts).map(
    ([name, part]) => [name, withSecrets(inputSchema(part))] as const,
  )
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Propolis sensor",
    description: "Configuration of a Propolis sensor (propolis.yaml)",
    type: "object",
    properties: {
      ...Object.fromEntries(plain),
      services: {
        description: "The services, by name.",
        type: "object",
        additionalProperties: entrySchema(servicePart, "emulator", catalogue.emulators),
      },
      handlers: {
        description: "The log handlers, by name.",
        type: "object",
        additionalProperties: entrySchema(handlerPart, "handler", catalogue.handlers),
      },
      hub: { description: "The hub's part; the sensor leaves it alone.", type: ["object", "null"] },
    },
    additionalProperties: false,
    $defs: { secret: secretReference },
  }
}

function entrySchema(
  part: z.ZodType,
  key: "emulator" | "handler",
  choices: readonly { readonly name: string; readonly title: string; readonly options: z.ZodType }[],
): JsonSchema {
  return {
    allOf: [
      inputSchema(part),
      ...choices.map(
        (choice): JsonSchema => ({
          if: { properties: { [key]: { const: choice.name } }, required: [key] },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: {
            properties: {
              options: { description: choice.title, ...withSecrets(inputSchema(choice.options)) },
            },
          },
        }),
      ),
    ],
  }
}

/** The same schema, in which every text may also be a reference to a secret. */
function withSecrets(schema: JsonSchema): JsonSchema {
  if (schema.properties !== undefined) {
    const properties = Object.entries(schema.properties).map(
      ([name, inner]) => [name, withSecrets(inner)] as const,
    )
    return { ...schema, properties: Object.fromEntries(properties) }
  }
  if (schema.type !== "string" || schema.enum !== undefined || schema.const !== undefined) return schema
  const { description, default: fallback, ...rest } = schema
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [rest, { $ref: "#/$defs/secret" }],
  }
}
