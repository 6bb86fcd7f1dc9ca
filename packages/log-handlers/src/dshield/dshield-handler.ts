/**
 * Connections reported to SANS ISC's DShield: the submission API of the DShield sensor, firewall log records. A
 * source is reported once per port and window; the address that it connected to is not told.
 */
import { createHmac, randomBytes } from "node:crypto"
import { join } from "node:path"
import {
  type Batch,
  defineLogHandler,
  type LogHandlerPorts,
  PropolisError,
  type SensorEvent,
} from "@propolis/core"
import { z } from "zod"
import { checkAnswer } from "../http/check-answer.ts"
import { httpOptions, openHttpClient, urlOption } from "../http/http-options.ts"
import { ReportLedger } from "../reporters/report-ledger.ts"
import { createReportable, neverOption } from "../reporters/reportable.ts"
import { secretOption } from "../secret-option.ts"

/** IANA's number of the protocol TCP. */
const tcp = 6

const options = z.strictObject({
  url: urlOption().default("https://www.dshield.org/submitapi/").describe("Address of the submission API."),
  userId: z.int().min(1).max(4_294_967_295).describe("Number of the account at isc.sans.edu."),
  apiKey: secretOption()
    .regex(/^[0-9A-Za-z=+/]+$/, "expected the API key as isc.sans.edu shows it")
    .describe("API key of the account."),
  redirected: z
    .boolean()
    .default(true)
    .describe("Report the ports 10001 to 11023 as 1 to 1023, from where `propolis redirect` leads them."),
  windowMs: z
    .int()
    .min(60_000)
    .max(30 * 86_400_000)
    .default(3_600_000)
    .describe("A source is reported once per port in so long, in milliseconds."),
  maxPerDay: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(50_000)
    .describe("Records a day, UTC; further ones are dropped."),
  never: neverOption,
  ...httpOptions,
})
export type DshieldOptions = z.infer<typeof options>

export const dshieldLogHandler = defineLogHandler<DshieldOptions>({
  name: "dshield",
  title: "DShield (reporter)",
  options,
  batch: { maxEvents: 2_000, maxBytes: 8 * 1024 * 1024, maxWaitMs: 60_000 },
  async open(options, ports) {
    const ledger = await ReportLedger.open({
      path: join(ports.dataDir, `dshield-${options.userId}.json`),
      windowMs: options.windowMs,
      maxPerDay: options.maxPerDay,
      now: ports.now,
    })
    const client = await openHttpClient("DShield", options, ports)
    const choose = createChoice(options, ledger, ports)
    return {
      async deliver(batch, signal) {
        signal.throwIfAborted()
        const chosen = choose(batch)
        if (chosen.size === 0) return undefined
        const authorization = authorizationOf(options)
        const headers = {
          "content-type": "application/json",
          "x-isc-authorization": authorization,
          "x-isc-logtype": "firewall",
        }
        const logs = [...chosen.values()].map((event) => firewallRecord(event, options))
        const body = JSON.stringify({ type: "firewall", logs, authheader: authorization })
        const answer = await client.request({ url: options.url, headers, body }, signal)
        if (checkAnswer(answer, client.peer) === "too large") {
          throw new PropolisError("DELIVERY_REFUSED", `DShield refuses ${logs.length} records as too large`)
        }
        for (const key of chosen.keys()) ledger.note(key)
        await ledger.save()
        return undefined
      },
      async close() {
        client.close()
      },
    }
  },
})

/** The connections of a batch that are to be reported, by source and port. */
function createChoice(options: DshieldOptions, ledger: ReportLedger, ports: LogHandlerPorts) {
  const isReportable = createReportable({ never: options.never, now: ports.now })
  return (batch: Batch): Map<string, SensorEvent> => {
    const chosen = new Map<string, SensorEvent>()
    for (const event of batch.events) {
      if (!isReportable(event) || event.event !== "CONNECT") continue
      const key = `${event.remoteHost} ${targetPort(event, options)}`
      if (!chosen.has(key) && ledger.state(key) === "new") chosen.set(key, event)
    }
    return chosen
  }
}

function firewallRecord(event: SensorEvent, options: DshieldOptions): object {
  const isIpv6 = event.remoteHost.includes(":")
  return {
    time: Math.floor(event.time / 1_000),
    version: isIpv6 ? 6 : 4,
    proto: tcp,
    sip: event.remoteHost,
    sport: event.remotePort,
    dip: isIpv6 ? "::" : "0.0.0.0",
    dport: targetPort(event, options),
    flags: "S",
  }
}

function targetPort({ localPort }: SensorEvent, { redirected }: DshieldOptions): number {
  return redirected && localPort > 10_000 && localPort < 11_024 ? localPort - 10_000 : localPort
}

/** HMAC-SHA-256 of the key under nonce and user, as the DShield sensor signs. */
function authorizationOf({ userId, apiKey }: DshieldOptions): string {
  const nonce = randomBytes(8).toString("base64")
  const credentials = createHmac("sha256", `${nonce}${userId}`).update(apiKey).digest("base64")
  return `ISC-HMAC-SHA256 Credentials=${credentials} Userid=${userId} Nonce=${nonce}`
}
