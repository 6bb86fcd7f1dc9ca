/**
 * Regular expressions that cannot backtrack without end: no repetition within a repetition, no
 * alternation or optional part within one, no back-reference, no look-around. What is left tries at most
 * the product of its repetitions' ranges, from every place of the input unless it begins with `^`; a
 * pattern whose product is beyond {@link maxTries} is refused.
 */
const maxPatternLength = 500

/** Characters of the input that a pattern sees. */
export const maxMatchedLength = 1_024
const maxTries = (maxMatchedLength + 1) ** 2

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
  // Where alternatives are, only some of them may be anchored.
  let tries = plain.startsWith("^") && !plain.includes("|") ? 1 : maxMatchedLength
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
    const least = quantifier[0] === "+" ? 1 : Number(quantifier[1] ?? 0)
    const open = quantifier[0] === "*" || quantifier[0] === "+" || (quantifier[2] === "," && !quantifier[3])
    const most = open ? maxMatchedLength : quantifier[0] === "?" ? 1 : Number(quantifier[3] || least)
    tries *= Math.min(maxMatchedLength, most) - Math.min(maxMatchedLength, least) + 1
    i += quantifier[0].length
  }
  return tries > maxTries
    ? "expected fewer or narrower repetitions: one without an end, or two behind a leading ^"
    : undefined
}
