/** The opening of Microsoft Telnet Service (Windows XP and Server 2003, after nmap's description of it; see transcripts/windows.txt for what has no such source). It does not wait for answers. */
import { createOptionTable } from "./option-table.ts"
import { option } from "./protocol.ts"
import type { Negotiation } from "./unix-negotiation.ts"

const { BINARY, ECHO, SGA, NAWS, AUTHENTICATION, NEW_ENVIRON, TTYPE } = option

export function negotiateAsWindows(send: (bytes: Uint8Array) => void, done: () => void): Negotiation {
  const table = createOptionTable(
    { us: new Set([BINARY, ECHO, SGA]), him: new Set([BINARY, NAWS, NEW_ENVIRON, AUTHENTICATION, TTYPE]) },
    send,
    () => {},
  )
  table.do(AUTHENTICATION)
  table.will(ECHO)
  table.will(SGA)
  table.do(NEW_ENVIRON)
  table.do(NAWS)
  table.do(BINARY)
  table.will(BINARY)
  done()
  return { received: table.received, subnegotiation() {}, giveUp() {} }
}
