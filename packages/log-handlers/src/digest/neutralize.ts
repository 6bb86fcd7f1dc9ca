/**
 * The attacker's words made harmless for any chat: control characters written out, and nothing left that a client turns
 * into a link or a mention by itself. Threat reports write it the same way (`hxxp://evil[.]example`).
 */
import { escapeText } from "@propolis/core"

export function neutralize(text: string): string {
  return escapeText(text.toWellFormed())
    .replaceAll(/(\p{L}|\p{N})\.(?=\p{L}|\p{N})/gu, "$1[.]")
    .replaceAll(/\bhttp(s?):/giu, "hxxp$1:")
    .replaceAll("://", "[:]//")
    .replaceAll("@", "[@]")
    .replaceAll("#", "[#]")
    .replaceAll("`", "'")
}
