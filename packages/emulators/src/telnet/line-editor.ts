/** A terminal line: echo, erase, kill. Canonical mode of a Linux tty, or the editing of readline. */
const ctrlC = 0x03
const ctrlD = 0x04
const backspace = 0x08
const lineFeed = 0x0a
const carriageReturn = 0x0d
const ctrlU = 0x15
const ctrlW = 0x17
const del = 0x7f

/** A Linux tty keeps 4,095 bytes of a line and drops the rest. */
const maxLineBytes = 4_095

export interface LineEditorEvents {
  echo(bytes: string): void
  line(text: string): void
  interrupt(): void
  /** ^D on an empty line. */
  endOfInput(): void
}

export interface LineEditor {
  input(byte: number): void
  eraseCharacter(): void
  eraseLine(): void
  /** Forgets what was typed. */
  reset(): void
  /** Whether characters are echoed; line ends always are, as login's ECHONL does. */
  echoing: boolean
  /** readline erases a line at once; a tty character by character. */
  style: "tty" | "readline"
}

export function createLineEditor(events: LineEditorEvents): LineEditor {
  let line = ""
  let afterReturn = false
  const editor: LineEditor = {
    echoing: true,
    style: "tty",
    input(byte) {
      // CR LF and CR NUL are one line end (RFC 854).
      const second = afterReturn && (byte === lineFeed || byte === 0)
      afterReturn = byte === carriageReturn
      if (second) return
      if (byte === carriageReturn || byte === lineFeed) {
        const text = line
        line = ""
        events.echo("\r\n")
        events.line(text)
      } else if (byte === backspace || byte === del) editor.eraseCharacter()
      else if (byte === ctrlU) editor.eraseLine()
      else if (byte === ctrlW) {
        // Blanks, then the word before them; no expression, whose cost would grow with the square of the line.
        while (line.endsWith(" ")) editor.eraseCharacter()
        while (line !== "" && !line.endsWith(" ")) editor.eraseCharacter()
      } else if (byte === ctrlC) {
        line = ""
        events.interrupt()
      } else if (byte === ctrlD) {
        if (line === "") events.endOfInput()
      } else if (byte !== 0 && line.length < maxLineBytes) {
        const character = String.fromCharCode(byte)
        line += character
        if (editor.echoing)
          events.echo(byte < 0x20 && byte !== 0x09 ? `^${String.fromCharCode(byte + 64)}` : character)
      }
    },
    eraseCharacter() {
      if (line === "") return
      line = line.slice(0, -1)
      if (editor.echoing) events.echo("\b \b")
    },
    eraseLine() {
      const { length } = line
      line = ""
      if (!editor.echoing || length === 0) return
      if (editor.style === "tty") events.echo("\b \b".repeat(length))
      else events.echo("\b".repeat(length) + " ".repeat(length) + "\b".repeat(length))
    },
    reset() {
      line = ""
    },
  }
  return editor
}
