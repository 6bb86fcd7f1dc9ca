/** Option negotiation without loops: RFC 1143's states (without its queue, which a server does not need). */
import { DO, DONT, IAC, option, type Request, WILL, WONT } from "./protocol.ts"

type OptionState = "no" | "yes" | "wanted"

/** Options that this side performs when asked, and options that it lets the peer perform. */
export interface Supported {
  readonly us: ReadonlySet<number>
  readonly him: ReadonlySet<number>
}

export interface OptionTable {
  /** WILL, unless it is on or asked for already. */
  will(code: number): void
  /** DO, unless it is on or asked for already. */
  do(code: number): void
  /** DONT, where the peer performs it. */
  dont(code: number): void
  received(request: Request, code: number): void
  /** Whether the peer performs it. */
  isOn(code: number): boolean
  /** Whether the peer was asked to perform it and has not answered. */
  isAsked(code: number): boolean
  /** Whether an answer of the peer is outstanding, in either direction. */
  isPending(code: number): boolean
}

/**
 * @param send gets each three-byte request.
 * @param turnedOn is called when the peer begins to perform an option.
 */
export function createOptionTable(
  supported: Supported,
  send: (bytes: Uint8Array) => void,
  turnedOn: (code: number) => void,
): OptionTable {
  const us = new Map<number, OptionState>()
  const him = new Map<number, OptionState>()
  const say = (request: Request, code: number) => send(Uint8Array.of(IAC, request, code))
  const stateOf = (side: Map<number, OptionState>, code: number) => side.get(code) ?? "no"

  const peerWill = (code: number) => {
    const state = stateOf(him, code)
    if (state === "yes") return
    if (state === "no" && !supported.him.has(code)) return say(DONT, code)
    if (code === option.ECHO) {
      // A client that echoes what we send is asked not to: telnetd probes for 4.2BSD with DO ECHO.
      him.set(code, "no")
      return say(DONT, code)
    }
    him.set(code, "yes")
    if (state === "no") say(DO, code)
    turnedOn(code)
  }
  const peerDo = (code: number) => {
    if (code === option.TM) return say(WILL, code)
    const state = stateOf(us, code)
    if (state === "yes") return
    if (state === "no" && !supported.us.has(code)) return say(WONT, code)
    us.set(code, "yes")
    if (state === "no") say(WILL, code)
  }
  const peerRefuses = (side: Map<number, OptionState>, code: number, acknowledgement: Request) => {
    const state = stateOf(side, code)
    side.set(code, "no")
    if (state === "yes") say(acknowledgement, code)
  }
  return {
    will(code) {
      if (stateOf(us, code) !== "no") return
      us.set(code, "wanted")
      say(WILL, code)
    },
    do(code) {
      if (stateOf(him, code) !== "no") return
      him.set(code, "wanted")
      say(DO, code)
    },
    dont(code) {
      if (stateOf(him, code) !== "yes") return
      him.set(code, "no")
      say(DONT, code)
    },
    received(request, code) {
      if (request === WILL) peerWill(code)
      else if (request === DO) peerDo(code)
      else if (request === WONT) peerRefuses(him, code, DONT)
      else peerRefuses(us, code, WONT)
    },
    isOn: (code) => stateOf(him, code) === "yes",
    isAsked: (code) => stateOf(him, code) === "wanted",
    isPending: (code) => stateOf(him, code) === "wanted" || stateOf(us, code) === "wanted",
  }
}
