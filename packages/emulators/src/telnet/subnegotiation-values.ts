/** What a client's subnegotiations tell about it. */
import { latin1FromBytes, type RecordedAttributes } from "@propolis/core"
import { option } from "./protocol.ts"

const isReply = 0
const infoReply = 2
const variableCode = 0
const valueCode = 1
const escapeCode = 2
const userVariableCode = 3
/** Variables of one subnegotiation that are recorded. */
const maxVariables = 16

/** One set of attributes for each fact; none where nothing is understood. */
export function attributesOfSubnegotiation(code: number, parameters: Uint8Array): RecordedAttributes[] {
  if (code === option.NAWS && parameters.length >= 4) {
    const columns = (parameters[0]! << 8) | parameters[1]!
    const rows = (parameters[2]! << 8) | parameters[3]!
    return [{ terminalSize: `${columns}x${rows}` }]
  }
  if (code === option.TTYPE && parameters[0] === isReply && parameters.length > 1) {
    return [{ terminalType: latin1FromBytes(parameters.subarray(1)) }]
  }
  const environs = code === option.NEW_ENVIRON || code === option.OLD_ENVIRON
  if (environs && (parameters[0] === isReply || parameters[0] === infoReply)) {
    return readVariables(parameters.subarray(1)).map((environment) => ({ environment }))
  }
  return []
}

/** `NAME=value` of each variable (RFC 1572 §2). */
function readVariables(bytes: Uint8Array): string[] {
  const variables: string[] = []
  let text: string | undefined
  for (let i = 0; i < bytes.length && variables.length < maxVariables; i++) {
    const byte = bytes[i]!
    if (byte === variableCode || byte === userVariableCode) {
      if (text !== undefined) variables.push(text)
      text = ""
    } else if (text !== undefined && byte === valueCode) text += "="
    else if (text !== undefined) text += String.fromCharCode(byte === escapeCode ? (bytes[++i] ?? 0) : byte)
  }
  if (text !== undefined && variables.length < maxVariables) variables.push(text)
  return variables
}
