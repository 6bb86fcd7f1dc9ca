/** How many columns of a terminal a text takes, near enough to never wrap a line. */

/** Two columns for what may be wide (East Asian, emoji), none for combining marks. */
function characterWidth(character: string): number {
  const code = character.codePointAt(0)!
  if (code < 0x300) return 1
  if (/\p{M}/u.test(character)) return 0
  return code >= 0x1100 ? 2 : 1
}

/** At most `width` columns; `…` stands for what was cut. */
export function fitWidth(text: string, width: number): string {
  let used = 0
  let kept = 0
  let cutAt = 0
  for (const character of text) {
    used += characterWidth(character)
    if (used > width) return `${text.slice(0, cutAt)}…`
    kept += character.length
    if (used <= width - 1) cutAt = kept
  }
  return text
}

export function padWidth(text: string, width: number): string {
  let used = 0
  for (const character of text) used += characterWidth(character)
  return text + " ".repeat(Math.max(0, width - used))
}
