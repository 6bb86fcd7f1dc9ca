/** A minimal adapter of node:net and node:dgram, so that an emulator can be tried over a real socket. */
import { createHash } from "node:crypto"
import { createSocket } from "node:dgram"
import { createServer, type Socket } from "node:net"
import {
  bytesFromText,
  type Connection,
  type Emulator,
  type Persona,
  type SessionHandlers,
} from "@propolis/core"
import { seededBytes } from "./persona-fixture.ts"
import { VirtualClock } from "./virtual-clock.ts"

/** A running service: the sensor's host in its own tests, {@link bareSocketTarget} elsewhere. */
export interface SocketTarget {
  readonly host: string
  readonly port: number
  /** INFO events of all sessions so far, in order. */
  recorded(): readonly Readonly<Record<string, string | undefined>>[]
  /** Sessions opened so far. */
  sessions(): number
  /** Bytes that the emulator was given so far. */
  receivedBytes(): number
  /** Moves the clock of a target whose emulators do not wait for the real one. */
  advance?(ms: number): void
  close(): Promise<void>
}

export type OpenSocketTarget = (
  emulator: Emulator,
  /** Already checked by the emulator's schema. */
  options: unknown,
  settings: { readonly persona: Persona; readonly transport: "tcp" | "udp" },
) => Promise<SocketTarget>

/** Serves one emulator on a free port of 127.0.0.1. Its clock is moved by {@link SocketTarget.advance} alone. */
export const bareSocketTarget: OpenSocketTarget = async (emulator, options, { persona, transport }) => {
  const recorded: Readonly<Record<string, string | undefined>>[] = []
  const clock = new VirtualClock()
  const seen: Seen = { recorded, clock, sessions: 0, receivedBytes: 0 }
  const open = (
    peer: { host: string; port: number },
    port: number,
    write: (bytes: Uint8Array) => void,
    end: () => void,
  ) => {
    let ended = false
    let randomCalls = 0
    const finish = () => {
      ended = true
    }
    const record: Connection["record"] = (attributes) => void (ended || recorded.push(attributes))
    const connection: Connection = {
      transport,
      service: "Test",
      peer,
      local: { host: "127.0.0.1", port },
      persona,
      secure: false,
      send: (data) =>
        void (ended || write(typeof data === "string" ? bytesFromText(data) : new Uint8Array(data))),
      record,
      capture(filename, bytes) {
        const file = { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length }
        record({ filename, captureSha256: file.sha256, captureBytes: String(file.bytes) })
        return file
      },
      startTls() {},
      after: (ms, run) => clock.after(ms, () => void (ended || run())),
      end() {
        if (ended) return
        finish()
        end()
      },
      now: () => Date.now(),
      random: (count) => seededBytes(`socket/${randomCalls++}`, count),
    }
    const handlers = emulator.open(connection, options)
    seen.sessions++
    return { handlers, finish, isEnded: () => ended }
  }
  return transport === "tcp" ? serveTcp(open, seen) : serveUdp(open, seen)
}

/** What all sessions of a target share. */
interface Seen {
  readonly recorded: Readonly<Record<string, string | undefined>>[]
  readonly clock: VirtualClock
  sessions: number
  receivedBytes: number
}

type Open = (
  peer: { host: string; port: number },
  port: number,
  write: (bytes: Uint8Array) => void,
  end: () => void,
) => { handlers: SessionHandlers; finish(): void; isEnded(): boolean }

async function serveTcp(open: Open, seen: Seen): Promise<SocketTarget> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const peer = { host: "127.0.0.1", port: socket.remotePort ?? 0 }
    const session = open(
      peer,
      socket.localPort ?? 0,
      (bytes) => socket.write(bytes),
      () => socket.end(),
    )
    socket.on("data", (bytes) => {
      if (!session.isEnded()) session.handlers.data?.(bytes)
      seen.receivedBytes += bytes.length
    })
    socket.on("error", () => socket.destroy())
    socket.on("close", () => {
      sockets.delete(socket)
      session.handlers.end?.()
      session.finish()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address() as { port: number }
  return {
    host: "127.0.0.1",
    port: address.port,
    recorded: () => seen.recorded,
    sessions: () => seen.sessions,
    receivedBytes: () => seen.receivedBytes,
    advance: (ms) => seen.clock.advance(ms),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function serveUdp(open: Open, seen: Seen): Promise<SocketTarget> {
  const socket = createSocket("udp4")
  const sessions = new Map<string, ReturnType<Open>>()
  socket.on("message", (bytes, from) => {
    const key = `${from.address}:${from.port}`
    const session =
      sessions.get(key) ??
      open(
        { host: from.address, port: from.port },
        socket.address().port,
        (answer) => socket.send(answer, from.port, from.address),
        () => sessions.delete(key),
      )
    sessions.set(key, session)
    session.handlers.datagram?.(bytes)
    seen.receivedBytes += bytes.length
  })
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve))
  return {
    host: "127.0.0.1",
    port: socket.address().port,
    recorded: () => seen.recorded,
    sessions: () => seen.sessions,
    receivedBytes: () => seen.receivedBytes,
    advance: (ms) => seen.clock.advance(ms),
    async close() {
      for (const session of sessions.values()) session.finish()
      await new Promise<void>((resolve) => socket.close(resolve))
    },
  }
}
