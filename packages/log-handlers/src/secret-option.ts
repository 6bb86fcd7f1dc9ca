/** Options that nobody may read in a log or a status page: the schema marks them, whoever shows options leaves them out. */
import { z } from "zod"

/** A secret of printable characters without line breaks, as it may stand in a header. */
export function secretOption(maxCharacters = 1_024) {
  return z
    .string()
    .min(1)
    .max(maxCharacters)
    .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, "expected printable characters")
    .meta({ secret: true })
}
