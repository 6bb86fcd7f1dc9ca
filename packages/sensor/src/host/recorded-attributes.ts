/** Attributes as an emulator gave them, made fit for the wire: catalogue names, well-formed text, bounded. */
import { type Attributes, isAttributeName } from "@propolis/core"

export const maxAttributeCharacters = 8_192

/**
 * What of `attributes` may be recorded; `undefined` where nothing is left. Names outside the catalogue
 * and values that are no text are left out (the compiler refuses them, a third party's JavaScript may not).
 */
export function checkedAttributes(attributes: Readonly<Record<string, unknown>>): Attributes | undefined {
  let checked: Record<string, string> | undefined
  for (const name of Object.keys(attributes)) {
    const value = attributes[name]
    if (typeof value !== "string" || !isAttributeName(name)) continue
    checked ??= {}
    checked[name] = (
      value.length > maxAttributeCharacters ? value.slice(0, maxAttributeCharacters) : value
    ).toWellFormed()
  }
  return checked
}
