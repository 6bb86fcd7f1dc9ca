/** A message's text before it is written in a target's own markup: every text goes through the target's escape. */

export type Span =
  | string
  | { readonly bold: string }
  /** The attacker's words. */
  | { readonly quote: string }
  | { readonly link: string; readonly text: string }
export type Line = readonly Span[]

/** How a target writes markup. What it gets is plain text, with nothing in it that is to be obeyed. */
export interface Markup {
  text(text: string): string
  bold(text: string): string
  quote(text: string): string
  link(url: string, text: string): string
}

export const plainMarkup: Markup = {
  text: (text) => text,
  bold: (text) => text,
  quote: (text) => text,
  link: (url, text) => (text === url ? url : `${text}: ${url}`),
}

/**
 * Lines in a target's markup, at most `maxCharacters` UTF-16 units: whole lines, and the last that does not fit is cut where
 * a span of plain text may be cut. Markup is never cut in two.
 */
export function renderLines(lines: readonly Line[], markup: Markup, maxCharacters: number): string {
  let text = ""
  for (const [index, line] of lines.entries()) {
    const lead = index === 0 ? "" : "\n"
    const rendered = line.map((span) => renderSpan(span, markup)).join("")
    if (text.length + lead.length + rendered.length <= maxCharacters) {
      text += lead + rendered
      continue
    }
    const room = maxCharacters - text.length - lead.length
    const cut = cutLine(line, markup, room)
    return cut === "" ? text : text + lead + cut
  }
  return text
}

function renderSpan(span: Span, markup: Markup): string {
  if (typeof span === "string") return markup.text(span)
  if ("bold" in span) return markup.bold(span.bold)
  if ("quote" in span) return markup.quote(span.quote)
  return markup.link(span.link, span.text)
}

function cutLine(line: Line, markup: Markup, room: number): string {
  let text = ""
  for (const span of line) {
    const rendered = renderSpan(span, markup)
    if (text.length + rendered.length <= room) {
      text += rendered
      continue
    }
    if (typeof span === "string") text += cutText(span, markup, room - text.length)
    break
  }
  return text
}

/** The longest beginning of a text that fits with `…` once it is escaped. */
function cutText(text: string, markup: Markup, room: number): string {
  const characters = Array.from(text)
  let fits = 0
  let tooLong = characters.length
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1
    if (markup.text(`${characters.slice(0, middle).join("")}…`).length <= room) fits = middle
    else tooLong = middle
  }
  return fits === 0 ? "" : markup.text(`${characters.slice(0, fits).join("")}…`)
}
