/**
 * Regular expressions that cannot backtrack without end: no repetition within a repetition, no
 * alternation or optional part within one, no back-reference, no look-around; what is matched is at
 * most 4 KiB. Such a pattern costs at most a polynomial of its few unbounded repetitions, of which
 * two are allowed.
 */
const maxPatternLength = 500
const maxUnbounded = 2

/** Why a pattern is refused; `undefined` where it is taken. */
export function patternFault(pattern: string): string | undefined {
  if (pattern.length > maxPatternLength) return `expected at most ${maxPatternLength} characters`
  try {
    new RegExp(pattern)
  } catch (error) {
    return `expected a regular expression: ${(error as Error).message}`
  }
  // Escapes and classes are single characters to this check.
  const plain = pattern
    .replace(/\\[1-9k]/g, "\u0001")
    .replace(/\\./gs, "x")
    .replace(/\[\^?\]?[^\]]*\]/g, "x")
  if (plain.includes("\u0001")) return "back-references are not allowed"
  if (/\(\?(?!:)/.test(plain)) return "look-around and named groups are not allowed"
  const groups: { repeats: boolean }[] = [{ repeats: false }]
  let unbounded = 0
  for (let i = 0; i < plain.length; i++) {
    const character = plain[i]
    if (character === "(") groups.push({ repeats: false })
    else if (character === "|") groups.at(-1)!.repeats = true
    const closed = character === ")" ? groups.pop() : undefined
    const quantifier = /^(?:[*+]|\?|\{(\d+)(,?)(\d*)\})/.exec(plain.slice(i + 1))
    if (closed?.repeats) groups.at(-1)!.repeats = true
    if (quantifier === null || character === "(" || character === "|" || /[*+?{]/.test(character!)) continue
    const repeats = quantifier[0] !== "?" && quantifier[0] !== "{1}"
    if (repeats && closed?.repeats)
      return "a repetition within a repetition, or of alternatives, is not allowed"
    groups.at(-1)!.repeats = true
    const open =
      quantifier[0] === "*" || quantifier[0] === "+" || (quantifier[2] === "," && quantifier[3] === "")
    if (open || Math.max(Number(quantifier[1] ?? 0), Number(quantifier[3] ?? 0)) > 64) unbounded++
    i += quantifier[0].length
  }
  if (unbounded > maxUnbounded) return `expected at most ${maxUnbounded} repetitions without a bound of 64`
  return undefined
}
