/** The telnet stream (RFC 854, RFC 855): data, commands, option requests and subnegotiations out of bytes. */
export const IAC = 255
export const DONT = 254
export const DO = 253
export const WONT = 252
export const WILL = 251
export const SB = 250
export const SE = 240
export const command = { DM: 242, IP: 244, AYT: 246, EC: 247, EL: 248 } as const

/** Numbers of telnet options (IANA). */
export const option = {
  BINARY: 0,
  ECHO: 1,
  SGA: 3,
  STATUS: 5,
  TM: 6,
  TTYPE: 24,
  NAWS: 31,
  TSPEED: 32,
  LFLOW: 33,
  LINEMODE: 34,
  XDISPLOC: 35,
  OLD_ENVIRON: 36,
  AUTHENTICATION: 37,
  ENCRYPT: 38,
  NEW_ENVIRON: 39,
} as const

export type Request = typeof DO | typeof DONT | typeof WILL | typeof WONT

export interface TelnetReader {
  /** One byte of data, quoting removed. */
  data(byte: number): void
  command(code: number): void
  request(request: Request, option: number): void
  /** Parameters behind the option's number, at most {@link maxSubnegotiationBytes}. */
  subnegotiation(option: number, parameters: Uint8Array): void
}

/** What is beyond is dropped, as inetutils' telnetd does with its buffer of that size. */
export const maxSubnegotiationBytes = 512

type State = "data" | "iac" | "request" | "sb" | "sb-iac"

/** Makes the byte feeder of one connection. */
export function createTelnetParser(reader: TelnetReader): (byte: number) => void {
  let state: State = "data"
  let request: Request = DO
  let parameters: number[] = []
  return (byte) => {
    switch (state) {
      case "data":
        if (byte === IAC) state = "iac"
        else reader.data(byte)
        return
      case "iac":
        state = "data"
        if (byte === IAC) reader.data(byte)
        else if (byte === SB) {
          parameters = []
          state = "sb"
        } else if (byte === DO || byte === DONT || byte === WILL || byte === WONT) {
          request = byte
          state = "request"
        } else reader.command(byte)
        return
      case "request":
        state = "data"
        reader.request(request, byte)
        return
      case "sb":
        if (byte === IAC) state = "sb-iac"
        else if (parameters.length <= maxSubnegotiationBytes) parameters.push(byte)
        return
      case "sb-iac":
        if (byte === IAC) {
          if (parameters.length <= maxSubnegotiationBytes) parameters.push(byte)
          state = "sb"
          return
        }
        state = "data"
        if (parameters.length > 0) reader.subnegotiation(parameters[0]!, Uint8Array.from(parameters.slice(1)))
        parameters = []
        if (byte !== SE) reader.command(byte)
    }
  }
}
