/**
 * The opening of GNU inetutils' telnetd 2.4 as Debian 12 ships it, in its order and with its waits,
 * after recordings of the real server (transcripts/). First it offers and asks for what tells about the
 * terminal and waits for every answer; then for what makes the connection pleasant, and waits for the
 * answer about the window's size; then it turns its echo on and greets.
 */
import { createOptionTable, type OptionTable } from "./option-table.ts"
import { IAC, option, type Request, SB, SE, WONT } from "./protocol.ts"

const { BINARY, ECHO, SGA, STATUS, TM, TTYPE, NAWS, TSPEED, LFLOW, LINEMODE, XDISPLOC } = option
const { OLD_ENVIRON, AUTHENTICATION, ENCRYPT, NEW_ENVIRON } = option

const supported = {
  us: new Set<number>([BINARY, ECHO, SGA, STATUS]),
  him: new Set<number>([
    BINARY,
    ECHO,
    TTYPE,
    NAWS,
    TSPEED,
    LFLOW,
    LINEMODE,
    XDISPLOC,
    OLD_ENVIRON,
    NEW_ENVIRON,
  ]),
}
const firstAsked = [AUTHENTICATION, ENCRYPT, TTYPE, TSPEED, XDISPLOC, NEW_ENVIRON, OLD_ENVIRON] as const
const isReply = 0
const sendRequest = 1
/** MODE of LINEMODE (RFC 1184 §2.2), with telnetd's own slip behind it. */
const modeOf = (mask: number) => Uint8Array.of(IAC, SB, LINEMODE, 1, mask, IAC, SE, 0)
/** EDIT and TRAPSIG. */
const lineMode = modeOf(0x03)
/** LIT_ECHO: what a client is told that begins with LINEMODE before the terminal is set up. */
const earlyLineMode = modeOf(0x10)
/** RESTART-ANY of toggle flow control (RFC 1372); the NUL behind it is telnetd's own slip. */
const flowMode = Uint8Array.of(IAC, SB, LFLOW, 3, IAC, SE, 0)
const maxTerminalTypeQuestions = 3

type Phase = "terminal" | "terminal-values" | "comfort" | "done"

export interface Negotiation {
  received(request: Request, code: number): void
  subnegotiation(code: number, parameters: Uint8Array): void
  /** Goes on without the peer's answers. */
  giveUp(): void
}

/** @param done is called once, when the login may begin. */
export function negotiateAsUnix(send: (bytes: Uint8Array) => void, done: () => void): Negotiation {
  let phase: Phase = "terminal"
  let terminalTypeQuestions = 0
  let lineModeWithdrawn = false
  let flowModeDue = false
  const outstanding = new Set<number>()
  const ask = (code: number) => {
    outstanding.add(code)
    send(Uint8Array.of(IAC, SB, code, sendRequest, IAC, SE))
  }
  const table: OptionTable = createOptionTable(supported, send, (code) => {
    // Who offers it before it is asked for gets its mode with the terminal's.
    if (code === LFLOW && (phase === "comfort" || phase === "done")) send(flowMode)
    else if (code === LFLOW) flowModeDue = true
    if (code === LINEMODE) send(phase === "comfort" || phase === "done" ? lineMode : earlyLineMode)
  })

  const enterTerminalValues = () => {
    phase = "terminal-values"
    for (const code of [TSPEED, XDISPLOC, NEW_ENVIRON]) if (table.isOn(code)) ask(code)
    if (table.isOn(OLD_ENVIRON) && !table.isOn(NEW_ENVIRON)) ask(OLD_ENVIRON)
    if (table.isOn(TTYPE)) {
      terminalTypeQuestions = 1
      ask(TTYPE)
    }
  }
  const enterComfort = () => {
    phase = "comfort"
    table.will(SGA)
    table.do(ECHO)
    table.do(LINEMODE)
    table.do(NAWS)
    table.will(STATUS)
    table.do(LFLOW)
  }
  const finish = () => {
    phase = "done"
    table.will(ECHO)
    if (!table.isOn(LINEMODE) && !lineModeWithdrawn) table.do(TM)
    table.do(BINARY)
    if (flowModeDue) send(flowMode)
    table.dont(LINEMODE)
    done()
  }
  const goOn = () => {
    if (phase === "terminal" && !firstAsked.some(table.isPending)) enterTerminalValues()
    if (phase === "terminal-values" && outstanding.size === 0) enterComfort()
    if (phase === "comfort" && !table.isAsked(NAWS) && !table.isAsked(ECHO)) finish()
  }

  table.will(AUTHENTICATION)
  table.will(ENCRYPT)
  for (const code of firstAsked.slice(2)) table.do(code)
  return {
    received(request, code) {
      if (request === WONT && code === LINEMODE && table.isOn(LINEMODE) && phase === "comfort") {
        // Without the client's editing, telnetd echoes at once; it does not ask for a timing mark later.
        lineModeWithdrawn = true
        table.will(ECHO)
      }
      table.received(request, code)
      goOn()
    },
    subnegotiation(code, parameters) {
      if (parameters[0] !== isReply) return
      if (code === TTYPE && parameters.length < 2 && terminalTypeQuestions < maxTerminalTypeQuestions) {
        // No name: the next one of the client's list is asked for (RFC 1091).
        terminalTypeQuestions++
        if (phase === "terminal-values") ask(TTYPE)
        return
      }
      outstanding.delete(code)
      goOn()
    },
    giveUp() {
      if (phase === "terminal") enterTerminalValues()
      if (phase === "terminal-values") enterComfort()
      if (phase === "comfort") finish()
    },
  }
}
