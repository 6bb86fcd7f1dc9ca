/** Messages by mail: plain text over SMTP. */
import { createHash } from "node:crypto"
import { connect, type Socket } from "node:net"
import { escapeText, type LogHandlerPorts, PropolisError } from "@propolis/core"
import { z } from "zod"
import { defineAlertHandler } from "../digest/alert-handler.ts"
import type { AlertMessage, AlertTarget } from "../digest/alert-target.ts"
import { alertOptions } from "../digest/digest-options.ts"
import { plainMarkup, renderLines } from "../digest/rich-text.ts"
import { refusedRetryMs } from "../http/check-answer.ts"
import { secretOption } from "../secret-option.ts"
import { readTlsFiles, tlsFileOptions } from "../tls/tls-options.ts"

const maxCharacters = 8_000
const maxSubjectCharacters = 200

const address = z
  .string()
  .max(320)
  .regex(/^[^\s<>"',;:\\()[\]@]+@[^\s<>"',;:\\()[\]@]+$/, "expected an address such as soc@example.org")

const options = z
  .strictObject({
    host: z.string().min(1).max(253).default("127.0.0.1").describe("The SMTP server."),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe("Its port. Default: 465 with tls: always, else 587."),
    tls: z
      .enum(["always", "starttls", "never"])
      .default("starttls")
      .describe(
        "always: from the first byte. starttls: before anything is sent, or nothing is. never: in the clear.",
      ),
    username: z.string().max(256).optional().describe("For servers that want a login."),
    password: secretOption().optional().describe("Its password."),
    from: address.describe("Sender."),
    to: z.array(address).min(1).max(50).describe("Receivers."),
    subjectPrefix: z
      .string()
      .max(64)
      .regex(/^[\x20-\x7e]*$/, "expected printable characters")
      .default("[Propolis] ")
      .describe("What every subject begins with."),
    timeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(30_000)
      .describe("How long the server may take to answer each command, in milliseconds."),
    ...tlsFileOptions,
    ...alertOptions,
  })
  .refine((it) => (it.username === undefined) === (it.password === undefined), {
    path: ["password"],
    error: "expected username and password together",
  })
export type EmailOptions = z.output<typeof options>

export const emailLogHandler = defineAlertHandler<EmailOptions>({
  name: "email",
  title: "Mail (SMTP)",
  options,
  open: (options, ports) => openMail(options, ports),
})

async function openMail(options: EmailOptions, ports: LogHandlerPorts): Promise<AlertTarget> {
  const { createTransport } = await import("nodemailer")
  const tls = await readTlsFiles(options, ports.dataDir)
  const open = new Set<Socket>()
  const port = options.port ?? (options.tls === "always" ? 465 : 587)
  const transport = createTransport({
    host: options.host,
    port,
    secure: options.tls === "always",
    requireTLS: options.tls === "starttls",
    ignoreTLS: options.tls === "never",
    connectionTimeout: options.timeoutMs,
    greetingTimeout: options.timeoutMs,
    socketTimeout: options.timeoutMs,
    // A message is our own text: nothing in it may name a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
    tls,
    ...(options.username === undefined
      ? {}
      : { auth: { user: options.username, pass: options.password ?? "" } }),
    // One connection for several messages; tried again by the pipeline, not by the pool.
    pool: true,
    maxConnections: 1,
    maxRequeues: 0,
    // A socket of our own can be ended when a delivery is aborted.
    getSocket(_: unknown, done: (error: Error | null, socket?: { connection: Socket }) => void) {
      const socket = connect({ host: options.host, port })
      open.add(socket)
      socket.setTimeout(options.timeoutMs, () => socket.destroy(new Error("no answer in time")))
      socket.once("close", () => open.delete(socket))
      socket.once("error", done)
      socket.once("connect", () => {
        socket.off("error", done)
        socket.setTimeout(0)
        done(null, { connection: socket })
      })
    },
  })
  const endAll = () => {
    for (const socket of open) socket.destroy()
  }
  /** Runs until its end or the signal's abort, which ends the connection. */
  const unlessAborted = async <T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    signal.throwIfAborted()
    signal.addEventListener("abort", endAll, { once: true })
    try {
      return await run()
    } catch (error) {
      signal.throwIfAborted()
      throw asDeliveryError(error)
    } finally {
      signal.removeEventListener("abort", endAll)
    }
  }
  return {
    async send(message, signal) {
      const sent = await unlessAborted(() => transport.sendMail(mailOf(message, options, ports)), signal)
      return escapeText(sent.response.slice(0, 200))
    },
    async probe(signal) {
      await unlessAborted(() => transport.verify(), signal)
      return "takes connections and the login"
    },
    async close() {
      transport.close()
      endAll()
    },
  }
}

function mailOf(message: AlertMessage, options: EmailOptions, ports: LogHandlerPorts) {
  const lines = message.template === undefined ? message.lines : [[message.template]]
  const text = renderLines(lines, plainMarkup, maxCharacters)
  // The same message tried again is the same mail to whoever sorts by Message-ID.
  const hash = createHash("sha256").update(`${ports.sensor}\n${message.values.time}\n${text}`).digest("hex")
  return {
    from: options.from,
    to: options.to,
    subject: escapeText(`${options.subjectPrefix}${message.summary}`.slice(0, maxSubjectCharacters)),
    text,
    messageId: `<${hash.slice(0, 40)}@${options.from.slice(options.from.lastIndexOf("@") + 1)}>`,
    // RFC 3834: nobody's holiday notice answers.
    headers: { "Auto-Submitted": "auto-generated" },
  }
}

/** A refused login, sender or receiver is a matter for a person: tried slowly, the messages are kept. */
function asDeliveryError(error: unknown): PropolisError {
  const { message, code, responseCode, command } = error as Error & {
    code?: string
    responseCode?: number
    command?: string
  }
  const said = `the mail server: ${escapeText(message.slice(0, 300))}`
  if (command === "DATA" && responseCode !== undefined && responseCode >= 552 && responseCode < 560) {
    return new PropolisError("DELIVERY_REFUSED", said, { cause: error })
  }
  const slow = code === "EAUTH" || (responseCode !== undefined && responseCode >= 500)
  return new PropolisError("DELIVERY_FAILED", said, {
    cause: error,
    ...(slow ? { retryAfterMs: refusedRetryMs } : {}),
  })
}
