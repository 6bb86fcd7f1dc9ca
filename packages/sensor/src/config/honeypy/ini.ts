/** INI files as Python's ConfigParser reads them, as far as HoneyPy's are written: sections, `key = value` or `key: value`. */

/** Keys in lower case; a key without a value is not there. */
export type IniSection = Readonly<Record<string, string | undefined>>

const maxLines = 20_000

/** Sections by their name in lower case. What is no line of an INI file is passed over. Quotes around a value are cut. */
export function parseIni(text: string): Readonly<Record<string, IniSection>> {
  const sections = new Map<string, Map<string, string>>()
  let current: Map<string, string> | undefined
  let lastKey: string | undefined
  for (const line of text.split(/\r?\n/, maxLines)) {
    if (/^\s*(?:[#;]|$)/.test(line)) continue
    const head = /^\[([^\]]{1,64})\]/.exec(line)
    if (head !== null) {
      const name = head[1]!.trim().toLowerCase()
      current = sections.get(name) ?? new Map()
      sections.set(name, current)
      lastKey = undefined
      continue
    }
    if (current === undefined) continue
    if (/^\s/.test(line) && lastKey !== undefined) {
      // A line that is indented goes on with the value before it.
      current.set(lastKey, `${current.get(lastKey) ?? ""}\n${line.trim()}`.trim())
      continue
    }
    const pair = /^([^=:\s][^=:]{0,63}?)\s*[=:]\s*(.*)$/.exec(line)
    if (pair === null) continue
    lastKey = pair[1]!.toLowerCase()
    current.set(lastKey, unquoted(pair[2]!.replace(/\s[;#].*$/, "").trim()))
  }
  return Object.fromEntries([...sections].map(([name, keys]) => [name, sectionOf(keys)]))
}

function sectionOf(keys: ReadonlyMap<string, string>): IniSection {
  return Object.fromEntries([...keys].filter(([, value]) => value !== ""))
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) && value.length > 1 ? value.slice(1, -1) : value
}
