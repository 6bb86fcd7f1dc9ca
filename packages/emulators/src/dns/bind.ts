/** What bind9 with recursion off answers, compared with named 9.18 of Debian 12 (transcripts/). */
import { bytesFromText, concatBytes, emptyBytes } from "@propolis/core"
import {
  type DnsMessage,
  DnsReader,
  decodeMessage,
  encodeMessage,
  headerBytes,
  nameBytes,
  type Question,
  type ResourceRecord,
} from "../codecs/dns/message.ts"
import { dnsClass, flag, rcode, type } from "../codecs/dns/numbers.ts"
import type { Zone } from "./zone.ts"

export interface BindSettings {
  readonly zone: Zone
  /** Answer to version.bind; empty: refused. */
  readonly version: string
  readonly hostName: string
  readonly transport: "tcp" | "udp"
  /** The server's part of a cookie, 16 bytes, for a client's part (RFC 7873, RFC 9018). */
  readonly cookie: (client: Uint8Array) => Uint8Array
}

export interface BindAnswer {
  /** `undefined`: silence. */
  readonly reply: Uint8Array | undefined
  readonly question: Question | undefined
}

/** Largest UDP answer that bind9 9.18 announces and gives. */
const maxUdpBytes = 1_232
const plainUdpBytes = 512
const opcodeMask = 0x7800
const opcode = { query: 0, notify: 4, update: 5 }

interface Draft {
  flags: number
  code: number
  answers: ResourceRecord[]
  authorities: ResourceRecord[]
  additionals: ResourceRecord[]
}

export function answerAsBind(bytes: Uint8Array, settings: BindSettings): BindAnswer {
  const reader = new DnsReader(bytes)
  const id = reader.u16()
  const flags = reader.u16()
  if (bytes.length < headerBytes || id === undefined || flags === undefined || (flags & flag.QR) !== 0) {
    return { reply: undefined, question: undefined }
  }
  const message = decodeMessage(bytes)
  // Where only the records are broken, the question is still repeated in the refusal.
  const question = message?.questions[0] ?? questionAlone(bytes)
  const operation = (flags & opcodeMask) >>> 11
  const back = flag.QR | (flags & (operation === opcode.query ? opcodeMask | flag.RD : opcodeMask))
  const bare = (code: number, shown: readonly Question[], opt?: ResourceRecord, more = 0) => ({
    reply: encodeMessage({
      id,
      flags: back | more | (code & 15),
      questions: shown,
      answers: [],
      authorities: [],
      additionals: opt ? [opt] : [],
    }),
    question,
  })
  if (operation !== opcode.query && operation !== opcode.notify && operation !== opcode.update)
    return bare(rcode.NOTIMP, [])
  if (message === undefined) return bare(rcode.FORMERR, question === undefined ? [] : [question])
  const { questions, additionals } = message
  const opts = additionals.filter((record) => record.type === type.OPT)
  if (opts.length > 1 || opts.some((record) => record.name.length > 0))
    return bare(rcode.FORMERR, questions.slice(0, 1))
  const opt = opts[0] === undefined ? undefined : ednsOf(opts[0], settings.cookie)
  if (questions.length !== 1) return bare(rcode.FORMERR, [], opt?.reply)
  const asked = questions[0]!
  if (opt?.bad) return bare(rcode.FORMERR, [asked], opt.reply)
  if (opt !== undefined && opt.version > 0) {
    return bare(rcode.BADVERS, [asked], {
      ...opt.reply,
      ttl: (rcode.BADVERS >>> 4) * 0x1000000 + (opt.reply.ttl & 0xffff),
    })
  }
  if (operation !== opcode.query) {
    if (asked.type !== type.SOA) return bare(rcode.FORMERR, [asked], opt?.reply)
    if (!inZone(asked.name, settings.zone.origin)) return bare(rcode.NOTAUTH, [asked], opt?.reply)
    if (operation === opcode.update) return bare(rcode.REFUSED, [asked], opt?.reply)
    return bare(rcode.NOERROR, [asked], opt?.reply, flag.AA)
  }
  const draft: Draft = {
    flags: back | (flags & flag.CD),
    code: rcode.NOERROR,
    answers: [],
    authorities: [],
    additionals: [],
  }
  resolve(asked, settings, draft)
  const limit =
    settings.transport === "tcp" ? 65_535 : Math.min(maxUdpBytes, Math.max(plainUdpBytes, opt?.size ?? 0))
  return { reply: encodeWithin(limit, { id, question: asked, draft, opt: opt?.reply }), question: asked }
}

function questionAlone(bytes: Uint8Array): Question | undefined {
  const view = new DnsReader(bytes, 4)
  if (view.u16() !== 1) return undefined
  return new DnsReader(bytes, headerBytes).question()
}

interface Edns {
  readonly size: number
  readonly version: number
  readonly bad: boolean
  readonly reply: ResourceRecord
}

const cookieOption = 10

/** RFC 6891, and the length of a cookie (RFC 7873 §4). */
function ednsOf(record: ResourceRecord, cookie: BindSettings["cookie"]): Edns {
  const version = Math.floor(record.ttl / 65_536) & 0xff
  const dnssecOk = record.ttl & 0x8000
  let bad = false
  let data = emptyBytes
  const reader = new DnsReader(record.data)
  while (reader.left > 0 && !bad) {
    const code = reader.u16()
    const length = reader.u16()
    if (code === undefined || length === undefined || reader.left < length) bad = true
    else {
      reader.offset += length
      if (code !== cookieOption) continue
      bad = length !== 8 && (length < 16 || length > 40)
      const client = record.data.subarray(reader.offset - length, reader.offset - length + 8)
      if (!bad) data = concatBytes([Uint8Array.of(0, cookieOption, 0, 24), client, cookie(client)])
    }
  }
  const reply = { name: [], type: type.OPT, class: maxUdpBytes, ttl: dnssecOk, data: bad ? emptyBytes : data }
  return { size: record.class, version, bad, reply }
}

function resolve(question: Question, settings: BindSettings, draft: Draft): void {
  const { type: code, class: cls } = question
  if (code === type.OPT || code === type.TKEY || code === type.TSIG) draft.code = rcode.FORMERR
  else if (code === type.MAILA || code === type.MAILB) draft.code = rcode.NOTIMP
  else if (code === type.AXFR || code === type.IXFR) {
    draft.flags &= ~flag.CD
    draft.code = inZone(question.name, settings.zone.origin) ? rcode.REFUSED : rcode.NOTAUTH
  } else if (cls === dnsClass.IN) resolveInternet(question, settings, draft)
  else if (cls === dnsClass.CH) resolveChaos(question, settings, draft)
  else draft.code = cls === dnsClass.ANY || cls === dnsClass.NONE ? rcode.FORMERR : rcode.REFUSED
}

function resolveInternet(question: Question, settings: BindSettings, draft: Draft): void {
  const { zone } = settings
  if (!inZone(question.name, zone.origin)) {
    draft.code = rcode.REFUSED
    return
  }
  draft.flags |= flag.AA
  const records = zone.records(question.name)
  if (records === undefined) {
    draft.code = rcode.NXDOMAIN
    draft.authorities.push(zone.soa)
    return
  }
  if (question.type === type.ANY) {
    // RFC 8482, bind9's minimal-any: one set over UDP.
    const shown =
      settings.transport === "tcp" ? records : records.filter((record) => record.type === records[0]!.type)
    draft.answers.push(...shown)
    return
  }
  const alias = records.find((record) => record.type === type.CNAME)
  const final =
    alias !== undefined && question.type !== type.CNAME ? (zone.records(zone.origin) ?? []) : records
  if (final !== records) draft.answers.push(alias!)
  const found = final.filter((record) => record.type === question.type)
  draft.answers.push(...found)
  if (found.length === 0) draft.authorities.push(zone.soa)
  const wanted = found.flatMap((record) => {
    if (record.type === type.NS) return [new DnsReader(record.data).name()]
    return record.type === type.MX ? [new DnsReader(record.data, 2).name()] : []
  })
  for (const name of wanted) {
    draft.additionals.push(...(zone.records(name ?? []) ?? []).filter((record) => record.type === type.A))
  }
}

/** bind9's own zones of class CHAOS. */
function resolveChaos(question: Question, settings: BindSettings, draft: Draft): void {
  const name = question.name.map((label) => label.toLowerCase())
  const zone = [
    ["version", "bind"],
    ["hostname", "bind"],
    ["id", "server"],
  ].find((known) => inZone(name, known))
  if (zone === undefined || (zone[0] === "version" && settings.version === "")) {
    draft.code = rcode.REFUSED
    return
  }
  draft.flags |= flag.AA
  const origin = question.name.slice(-zone.length)
  const record = (code: number, ttl: number, data: Uint8Array): ResourceRecord => ({
    name: origin,
    type: code,
    class: dnsClass.CH,
    ttl,
    data,
  })
  const text =
    zone[0] === "version" ? settings.version : zone[0] === "hostname" ? settings.hostName : undefined
  const matches = name.length === zone.length
  if (matches && text !== undefined && (question.type === type.TXT || question.type === type.ANY)) {
    const shown = bytesFromText(text.slice(0, 255))
    draft.answers.push(record(type.TXT, 0, concatBytes([Uint8Array.of(shown.length), shown])))
    return
  }
  if (matches && question.type === type.NS) {
    draft.answers.push(record(type.NS, 0, nameBytes(origin)))
    return
  }
  if (!matches) draft.code = rcode.NXDOMAIN
  const numbers = new Uint8Array(20)
  const view = new DataView(numbers.buffer)
  for (const [index, value] of [0, 28_800, 7_200, 604_800, 86_400].entries()) view.setUint32(index * 4, value)
  draft.authorities.push(
    record(type.SOA, 86_400, concatBytes([nameBytes(origin), nameBytes(["hostmaster", ...origin]), numbers])),
  )
}

function inZone(name: readonly string[], origin: readonly string[]): boolean {
  const end = name.slice(Math.max(0, name.length - origin.length))
  return name.length >= origin.length && end.every((label, index) => label.toLowerCase() === origin[index])
}

/** Additional records are left out first; an answer that is still too large is cut and says so (TC). */
function encodeWithin(
  limit: number,
  {
    id,
    question,
    draft,
    opt,
  }: { id: number; question: Question; draft: Draft; opt: ResourceRecord | undefined },
): Uint8Array {
  const end = opt === undefined ? [] : [opt]
  const build = (change: Partial<DnsMessage>) =>
    encodeMessage({
      id,
      flags: draft.flags | (draft.code & 15),
      questions: [question],
      answers: draft.answers,
      authorities: draft.authorities,
      additionals: [...draft.additionals, ...end],
      ...change,
    })
  const whole = build({})
  if (whole.length <= limit) return whole
  const shorter = build({ additionals: end })
  if (shorter.length <= limit) return shorter
  return build({
    flags: draft.flags | flag.TC | (draft.code & 15),
    answers: [],
    authorities: [],
    additionals: end,
  })
}
