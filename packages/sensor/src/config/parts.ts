/** The parts of `propolis.yaml` that do not depend on an emulator or log handler: one schema each. */
import { isIP } from "node:net"
import {
  countField,
  durationField,
  eventRulesSchema,
  namePattern,
  parseBlock,
  sizeField,
  yesNoField,
} from "@propolis/core"
import { z } from "zod"

const MiB = 1_048_576
const GiB = 1_073_741_824
const dayMs = 86_400_000

/** An address to listen on; not a host name, so that nothing depends on a resolver. */
export const listenAddress = z
  .string()
  .refine(
    (text) => isIP(text) !== 0,
    "expected an IPv4 or IPv6 address such as 127.0.0.1, 0.0.0.0 or :: (no host name)",
  )

export const sensorPart = z
  .strictObject({
    id: z
      .string()
      .regex(namePattern, "expected 1 to 64 letters, digits and ._+/:- without spaces")
      .optional()
      .describe(
        "Name of this sensor in every event, never its address. Without it one is made at the first start and kept.",
      ),
    persona: z
      .string()
      .default("debian-12-web")
      .describe("The machine that the sensor pretends to be; every service answers as this machine would."),
    seed: z
      .string()
      .min(16, "expected at least 16 characters")
      .max(1_024)
      .optional()
      .describe(
        "Secret from which host name, users, certificate and the like are derived. Without it a random one is made at the first start and kept in the data folder.",
      ),
    dataDir: z
      .string()
      .min(1)
      .max(4_096)
      .optional()
      .describe(
        "Folder of journal, captured files and keys, relative to the configuration file. The command line's --data wins.",
      ),
    captureMaxBytes: sizeField({
      min: 0,
      max: 1_024 * GiB,
      default: "1GiB",
      description: "Byte budget of captured files; the oldest are removed first.",
    }),
  })
  .describe("The sensor itself")

export const listenPart = listenAddress
  .default("127.0.0.1")
  .describe(
    "Address that services listen on unless they name their own. 127.0.0.1 is safe for trying things out.",
  )

export const limitsPart = z
  .strictObject({
    maxConnections: countField({
      min: 1,
      max: 1_000_000,
      default: 10_000,
      description: "Open connections and UDP conversations in all.",
    }),
    maxConnectionsPerSource: countField({
      min: 1,
      max: 1_000_000,
      default: 200,
      description: "Open connections and UDP conversations per source address.",
    }),
    maxSessionsPerSecondPerSource: countField({
      min: 1,
      max: 1_000_000,
      default: 50,
      description: "New sessions per second per source address, with a burst of ten times as many.",
    }),
    idleMs: durationField({
      min: 100,
      max: dayMs,
      default: "2m",
      description: "Ends a session in which nothing was received for so long.",
    }),
    maxSessionMs: durationField({
      min: 1_000,
      max: 7 * dayMs,
      default: "1h",
      description: "Ends a session after so long.",
    }),
    maxInputBytes: sizeField({
      min: 1_024,
      max: 16 * GiB,
      default: "32MiB",
      description: "Received bytes after which a session ends.",
    }),
    maxOutputBytes: sizeField({
      min: 1_024,
      max: 16 * GiB,
      default: "32MiB",
      description: "Sent bytes after which a session ends.",
    }),
    maxBufferedBytes: sizeField({
      min: 4_096,
      max: 64 * MiB,
      default: "256KiB",
      description: "Bytes that may wait for a peer that does not read; at twice that the session ends.",
    }),
    maxEventsPerSecond: countField({
      min: 1,
      max: 1_000_000,
      default: 500,
      description:
        "Events per second and session; beyond, the session's reading is slowed down, nothing is lost.",
    }),
    udpIdleMs: durationField({
      min: 100,
      max: dayMs,
      default: "30s",
      description: "A UDP conversation ends after so long without a datagram.",
    }),
    udpCreditBytesPerHour: sizeField({
      min: 0,
      max: MiB,
      default: "2KiB",
      description:
        "What a UDP source that has not proved itself may get beyond what it sent, per hour, per address and per /24 or /64.",
    }),
    udpCreditBytesPerMinute: sizeField({
      min: 0,
      max: 64 * MiB,
      default: "64KiB",
      description: "What all such UDP sources together may get beyond what they sent, per minute.",
    }),
    udpMaxReplies: countField({
      min: 1,
      max: 1_000_000,
      default: 4_096,
      description:
        "UDP replies to one peer and port at most, so that two services that answer each other stop; 8 where the peer's port is one of this sensor's own or known for such loops.",
    }),
    maxTrackedSources: countField({
      min: 16,
      max: 10_000_000,
      default: 65_536,
      description: "Sources remembered at most; the least recently seen is forgotten first.",
    }),
  })
  .describe("What one attacker, and all of them together, may cost")

export const journalPart = z
  .strictObject({
    maxBytes: sizeField({
      min: 4 * MiB,
      max: 1_024 * GiB,
      default: "4GiB",
      description:
        "Byte budget of the journal; the oldest segments are reclaimed first, and what was unread is counted.",
    }),
    segmentBytes: sizeField({
      min: MiB,
      max: GiB,
      default: "64MiB",
      description: "A segment file is closed when it is larger than this.",
    }),
  })
  .describe("The append-only journal between the services and the log handlers")

export const statusPart = z
  .strictObject({
    host: listenAddress.default("127.0.0.1").describe("Address of /healthz and /metrics."),
    port: z
      .union([z.int().min(0).max(65_535), z.literal("off")], {
        error: "expected a port from 0 to 65535, or off",
      })
      .default(4_041)
      .describe("Port of /healthz and /metrics; 0 takes a free one, `off` serves none."),
  })
  .describe("Health and metrics over HTTP")

const portNumber = z.int().min(0).max(65_535)
const portText = /^(?:(tcp|udp):)?([0-9]{1,5})$/i

export interface PortWord {
  readonly transport: "tcp" | "udp" | undefined
  readonly port: number
}

/** HoneyPy's `tcp:2323`, or a number. */
const portWord = z
  .union([portNumber, z.string()], { error: "expected a port from 0 to 65535, such as 2323 or tcp:2323" })
  .transform((value, context): PortWord => {
    if (typeof value === "number") return { transport: undefined, port: value }
    const match = portText.exec(value.trim())
    if (match === null || Number(match[2]) > 65_535) {
      context.addIssue({
        code: "custom",
        message: "expected a port from 0 to 65535, such as 2323 or tcp:2323",
      })
      return z.NEVER
    }
    return { transport: match[1]?.toLowerCase() as "tcp" | "udp" | undefined, port: Number(match[2]) }
  })

export const servicePart = z
  .strictObject({
    emulator: z
      .string()
      .min(1)
      .max(1_024)
      .optional()
      .describe("Which emulator answers (`propolis services` lists them)."),
    plugin: z
      .string()
      .min(1)
      .max(1_024)
      .optional()
      .describe("HoneyPy's word for `emulator`; its plugin names are understood."),
    port: portWord
      .optional()
      .describe(
        "Port to listen on: a number or HoneyPy's `tcp:2323`; 0 takes a free one. Without it: the low port plus 10000 below 1024, else the low port itself.",
      ),
    low_port: portWord
      .optional()
      .describe(
        "Port that attackers knock at; `propolis redirect` prints the rules that lead it to `port`. Without it and without `port`: the emulator's own.",
      ),
    transport: z.enum(["tcp", "udp"]).optional().describe("tcp or udp, where neither port says it."),
    tls: z.boolean().optional().describe("TLS from the first byte. Without it: as the emulator has it."),
    enabled: yesNoField(true, "Whether the service runs."),
    description: z.string().max(1_024).default("").describe("A line for people."),
    listen: listenAddress.optional().describe("Address of this service; without it, the general `listen`."),
    proxy_from: z
      .array(
        z
          .string()
          .refine(
            (text) => parseBlock(text) !== undefined,
            "expected an address or a block such as 10.0.0.0/8",
          ),
      )
      .max(256)
      .default([])
      .describe("Peers that may name the true source by a PROXY protocol header (v1 or v2)."),
    options: z.record(z.string(), z.unknown()).prefault({}).describe("The emulator's own options."),
  })
  .describe("One service; its key is its name in every event")

export const filterPart = z
  .strictObject({
    only: eventRulesSchema
      .optional()
      .describe("Rules of which an event must fit one. Without it: every event."),
    except: eventRulesSchema.optional().describe("Rules of which an event must fit none."),
  })
  .describe("Which events a log handler gets; the others do not wait for it and are not lost for others")

export const handlerPart = z
  .strictObject({
    handler: z
      .string()
      .min(1)
      .max(1_024)
      .optional()
      .describe("Which log handler; without it, the entry's name."),
    enabled: yesNoField(true, "Whether events are delivered."),
    filter: filterPart
      .optional()
      .describe("Which events it gets: rules by service, event, protocol, source, port and attribute."),
    options: z.record(z.string(), z.unknown()).prefault({}).describe("The log handler's own options."),
  })
  .describe("One log handler; its key names its cursor in the journal")

export type ServicePart = z.output<typeof servicePart>

/** The parts in the order in which they are documented, but for `services` and `handlers`. */
export const plainParts = {
  sensor: sensorPart,
  listen: listenPart,
  limits: limitsPart,
  journal: journalPart,
  status: statusPart,
} as const
