/**
 * `POST /api/v2/events`: NDJSON, one event a line ({@link wireEventSchema}), `Content-Encoding`
 * identity, gzip or zstd, headers `X-HoneyDb-ApiId` and `X-HoneyDb-ApiKey` (a sensor key). The answer
 * comes after what was accepted is durable. A batch may be sent again: ids are stored once.
 */
import { PropolisError } from "@propolis/core"
import type { Journal } from "@propolis/journal"
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import type { ApiKeys, KeyHolder } from "../accounts/index.ts"
import { acceptBatch, type BatchResult, LineWork } from "./accept-batch.ts"
import type { AddressContext } from "./accept-line.ts"
import { type ContentCoding, decompress, parseContentCoding } from "./decompress.ts"
import { Gate, type GateLimits } from "./gate.ts"

export interface IngestLimits {
  /** Bytes of a body as received. */
  readonly maxBodyBytes: number
  /** … and after decompression. */
  readonly maxBatchBytes: number
  readonly gate?: GateLimits
}

export const defaultIngestLimits: IngestLimits = {
  maxBodyBytes: 16 * 1024 * 1024,
  maxBatchBytes: 32 * 1024 * 1024,
}

/** Counters since the start. */
export interface IngestStats {
  batches: number
  accepted: number
  rejected: number
  /** Bytes of bodies as received. */
  bytes: number
  unauthorized: number
  busy: number
  tooLarge: number
}

export interface IngestPorts {
  readonly journal: Journal
  readonly keys: ApiKeys
  readonly limits: IngestLimits
  readonly stats: IngestStats
  now(): number
  enrich(address: string): AddressContext
  /** Why nothing can be taken now; undefined where it can. */
  refusal(): string | undefined
  log(message: string): void
}

export function newIngestStats(): IngestStats {
  return { batches: 0, accepted: 0, rejected: 0, bytes: 0, unauthorized: 0, busy: 0, tooLarge: 0 }
}

export const ingestPath = "/api/v2/events"
const mediaTypes = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/json"]
const retryAfterSeconds = 2

interface Admission {
  readonly holder: KeyHolder
  readonly coding: ContentCoding
  readonly leaveReceiving: () => void
}

/** An encapsulated Fastify plugin: its body parsers are its own. */
export function ingestRoutes(ports: IngestPorts) {
  const { stats } = ports
  const gate = new Gate(ports.limits.gate)
  const lineWork = new LineWork()
  const admissions = new WeakMap<FastifyRequest, Admission>()

  const busy = (reply: FastifyReply, status: string) => {
    stats.busy++
    // The body is not read to its end: the connection cannot be used again.
    return reply
      .code(503)
      .header("retry-after", retryAfterSeconds)
      .header("connection", "close")
      .send({ status })
  }

  /** Everything that can be refused from the headers is refused before a byte of the body is kept. */
  async function admit(request: FastifyRequest, reply: FastifyReply) {
    const holder = await ports.keys.verify(
      headerText(request, "x-honeydb-apiid"),
      headerText(request, "x-honeydb-apikey"),
      "sensor",
    )
    if (holder === undefined) {
      stats.unauthorized++
      return reply.code(401).header("connection", "close").send({ status: "Invalid API Credentials" })
    }
    const coding = parseContentCoding(request.headers["content-encoding"])
    if (coding === undefined) {
      reply.code(415).header("accept-encoding", "zstd, gzip").header("connection", "close")
      return reply.send({ status: "Content-Encoding is none of identity, gzip, zstd" })
    }
    const refusal = ports.refusal()
    if (refusal !== undefined) return busy(reply, refusal)
    const leaveReceiving = gate.enterReceiving(holder.keyId)
    if (leaveReceiving === undefined) return busy(reply, "Too many batches are being received")
    // Also when the client goes away in the middle of the body.
    reply.raw.once("close", leaveReceiving)
    admissions.set(request, { holder, coding, leaveReceiving })
  }

  async function accept(request: FastifyRequest, reply: FastifyReply) {
    const { holder, coding, leaveReceiving } = admissions.get(request)!
    leaveReceiving()
    const received = request.body instanceof Buffer ? request.body : Buffer.alloc(0)
    const leaveProcessing = gate.enterProcessing()
    if (leaveProcessing === undefined) return busy(reply, "Too many batches are being processed")
    try {
      const plain = await decompress(received, coding, ports.limits.maxBatchBytes)
      if ("refused" in plain) {
        if (plain.refused === "damaged")
          return reply.code(400).send({ status: `The ${coding} body is damaged` })
        stats.tooLarge++
        const status = `The batch is larger than ${ports.limits.maxBatchBytes} bytes after decompression`
        return reply.code(413).send({ status })
      }
      const context = { received: ports.now(), account: holder.accountId, enrich: ports.enrich }
      const result = await acceptBatch(plain.body, ports.journal, context, lineWork)
      count(result, received.length)
      return reply.send({ status: "Success", accepted: result.accepted, rejected: result.rejected })
    } catch (error) {
      if (!(error instanceof PropolisError) || !error.retry) throw error
      ports.log(`ingest: ${error.message}`)
      return busy(reply, "The hub cannot keep events now")
    } finally {
      leaveProcessing()
    }
  }

  function count(result: BatchResult, bytes: number) {
    stats.batches++
    stats.bytes += bytes
    stats.accepted += result.accepted
    stats.rejected += result.rejected.length
  }

  return async (server: FastifyInstance) => {
    server.removeAllContentTypeParsers()
    server.addContentTypeParser(
      mediaTypes,
      { parseAs: "buffer", bodyLimit: ports.limits.maxBodyBytes },
      (_request, body, done) => done(null, body),
    )
    server.post(ingestPath, { onRequest: admit, bodyLimit: ports.limits.maxBodyBytes }, accept)
  }
}

function headerText(request: FastifyRequest, name: string): string {
  const value = request.headers[name]
  return typeof value === "string" ? value : ""
}
