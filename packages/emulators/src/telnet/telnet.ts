import { type Connection, defineEmulator, type SessionHandlers, type Timer } from "@propolis/core"
import { createLineEditor } from "./line-editor.ts"
import { loginPasses } from "./login-policy.ts"
import { type TelnetOptions, telnetOptions } from "./options.ts"
import { command, createTelnetParser, DO, DONT, IAC, option, WILL } from "./protocol.ts"
import { messageOfTheDay, openUnixShell, openWindowsShell, type Shell } from "./shell.ts"
import { attributesOfSubnegotiation } from "./subnegotiation-values.ts"
import { negotiateAsUnix } from "./unix-negotiation.ts"
import { negotiateAsWindows } from "./windows-negotiation.ts"

/** login of util-linux waits about three seconds after a wrong password; recorded: 1.9 to 3.9. */
const minFailureDelayMs = 1_900
const failureDelaySpreadMs = 2_000
/** What is typed before the prompt is kept so far and then read. */
const maxTypeAheadBytes = 1_024
const maxOutputPieceBytes = 16_384
const maxRecordedRequests = 64
const maxRecordedSubnegotiations = 32

/** Telnet with a login: GNU inetutils' telnetd on Debian, or Microsoft Telnet Service. */
export const telnet = defineEmulator({
  name: "telnet",
  title: "Telnet",
  interaction: "medium",
  transports: { tcp: 23 },
  options: telnetOptions,
  open: (connection, options) => openTelnet(connection, options),
})

type State = "negotiating" | "username" | "password" | "checking" | "shell" | "over"

function openTelnet(connection: Connection, options: TelnetOptions): SessionHandlers {
  const { persona } = connection
  const windows = options.style === "windows"
  const host = persona.hostName
  const loginPrompt = windows ? "login: " : `${host} login: `
  const passwordPrompt = windows ? "password: " : "Password: "
  let state: State = "negotiating"
  let username = ""
  let attempt = 0
  let shell: Shell | undefined
  let terminalType: string | undefined
  let subnegotiations = 0
  /** The terminal's own echo, which a client may turn off (RFC 857). */
  let echoes = true
  const requests: string[] = []
  const typeAhead: number[] = []

  // What one receipt leads to is sent at once, not character by character.
  const output: number[] = []
  const send = (bytes: Uint8Array) => void output.push(...bytes)
  const flush = () => {
    if (output.length > 0) connection.send(Uint8Array.from(output.splice(0)))
  }
  const finish = () => {
    flush()
    state = "over"
    connection.end()
  }
  // One character, one byte: what a client typed is echoed as it was.
  const print = (text: string) => {
    for (let i = 0; i < text.length; i++) {
      const byte = text.charCodeAt(i) & 0xff
      output.push(byte)
      if (byte === IAC) output.push(IAC)
    }
  }

  const editor = createLineEditor({
    // Behind a password there is a line end even where nothing is echoed.
    echo: (text) => {
      if (echoes || state === "password") print(text)
    },
    line: (text) => takeLine(text),
    interrupt() {
      if (state === "shell" && shell !== undefined) {
        send(Uint8Array.of(IAC, command.DM))
        print(`^C\r\n${promptText()}`)
      } else if (state !== "checking") {
        send(Uint8Array.of(IAC, command.DM))
        finish()
      }
    },
    endOfInput() {
      if (state === "shell") print("logout\r\n")
      if (state !== "checking") finish()
    },
  })

  const promptText = () => {
    const prompt = shell!.prompt()
    if (windows || terminalType === undefined || terminalType === "dumb") return prompt
    const title =
      /^(xterm|rxvt)/.test(terminalType) && username !== "root" ? `\x1b]0;${username}@${host}: ~\x07` : ""
    return `\x1b[?2004h${title}${prompt}`
  }
  const takeLine = (text: string) => {
    switch (state) {
      case "username":
        username = text
        state = "password"
        editor.echoing = false
        print(passwordPrompt)
        return
      case "password":
        editor.echoing = true
        checkLogin(text)
        return
      case "shell":
        runCommand(text)
        return
      default:
        return
    }
  }
  const checkLogin = (password: string) => {
    attempt++
    const passes = loginPasses(options, persona, { username, password, attempt })
    connection.record({ username, password, loginSuccess: String(passes) })
    if (passes) {
      loginTimer.cancel()
      state = "shell"
      editor.style = "readline"
      shell = windows ? openWindowsShell(username) : openUnixShell(persona, username)
      print(windows ? windowsWelcome : messageOfTheDay(persona))
      print(promptText())
      return
    }
    state = "checking"
    const [high = 0, low = 0] = connection.random(2)
    const spread = Math.floor((((high << 8) | low) / 65_536) * failureDelaySpreadMs)
    connection.after(minFailureDelayMs + spread, () => {
      const refusal = windows
        ? "\r\nThe handle is invalid.\r\n\r\nLogin Failed\r\n\r\n"
        : "\r\nLogin incorrect\r\n"
      if (attempt >= options.attempts) {
        print(windows ? refusal : `${refusal}Maximum number of tries exceeded (${options.attempts})\r\n`)
        finish()
        return
      }
      editor.reset()
      state = "username"
      print(refusal + loginPrompt)
      flush()
    })
  }
  const runCommand = (line: string) => {
    const bracketed = !windows && terminalType !== undefined && terminalType !== "dumb"
    if (bracketed) print("\x1b[?2004l\r\0")
    if (line.trim() !== "") connection.record({ command: line })
    const printed = shell!.run(line)
    if (printed === undefined) {
      if (!windows) print("logout\r\n")
      finish()
      return
    }
    print(printed + promptText())
  }

  const begin = () => {
    patience?.cancel()
    if (requests.length > 0) connection.record({ telnetOptions: requests.join(" ") })
    state = "username"
    if (windows) print(`Welcome to Microsoft Telnet Service \r\n\n\r${loginPrompt}`)
    else print(`\r\nLinux ${persona.system.kernel} (${host}.${persona.domain}) (pts/0)\r\n\r\n${loginPrompt}`)
    for (const byte of typeAhead.splice(0)) takeByte(byte)
  }
  const takeByte = (byte: number) => {
    if (state === "over") return
    if (state !== "negotiating") editor.input(byte)
    else if (typeAhead.length < maxTypeAheadBytes) typeAhead.push(byte)
  }

  const loginTimer: Timer = connection.after(options.loginTimeoutMs, () => {
    if (!windows)
      print(`\r\nLogin timed out after ${Math.round(options.loginTimeoutMs / 1_000)} seconds.\r\n`)
    finish()
  })
  let patience: Timer | undefined
  const negotiation = windows ? negotiateAsWindows(send, begin) : negotiateAsUnix(send, begin)
  if (state === "negotiating") {
    patience = connection.after(options.negotiationMs, () => {
      negotiation.giveUp()
      flush()
    })
  }
  flush()

  const parse = createTelnetParser({
    data: takeByte,
    command(code) {
      if (state === "over") return
      if (code === command.AYT) print("\r\n[Yes]\r\n")
      else if (state === "negotiating") return
      else if (code === command.EC) editor.eraseCharacter()
      else if (code === command.EL) editor.eraseLine()
      else if (code === command.IP) editor.input(0x03)
    },
    request(request, code) {
      if (state === "over") return
      if (requests.length < maxRecordedRequests) requests.push(`${requestName(request)} ${code}`)
      if (code === option.ECHO && state !== "negotiating" && !windows) {
        if (request === DO) echoes = true
        else if (request === DONT) echoes = false
      }
      negotiation.received(request, code)
    },
    subnegotiation(code, parameters) {
      if (state === "over") return
      for (const attributes of attributesOfSubnegotiation(code, parameters)) {
        if (subnegotiations++ >= maxRecordedSubnegotiations) break
        if (attributes.terminalType !== undefined) terminalType = attributes.terminalType.toLowerCase()
        connection.record(attributes)
      }
      negotiation.subnegotiation(code, parameters)
    },
  })
  return {
    data(bytes) {
      for (const byte of bytes) {
        if (state === "over") return
        parse(byte)
        if (output.length > maxOutputPieceBytes) flush()
      }
      flush()
    },
  }
}

const windowsWelcome =
  "\r\n*===============================================================\r\nMicrosoft Telnet Server.\r\n*===============================================================\r\n"

function requestName(request: number): string {
  if (request === DO) return "DO"
  if (request === DONT) return "DONT"
  return request === WILL ? "WILL" : "WONT"
}
