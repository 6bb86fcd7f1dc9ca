/** A log handler that tells people: events in, few messages out. A target (Slack, mail …) sends them. */
import type { LogHandler, LogHandlerPorts, OpenLogHandler } from "@propolis/core"
import type { z } from "zod"
import type { AlertTarget, Compose } from "./alert-target.ts"
import { describeAlert, fillTemplate } from "./alert-text.ts"
import { Digest } from "./digest.ts"
import { DigestFile } from "./digest-file.ts"
import type { AlertOptions } from "./digest-options.ts"
import { DigestTeller } from "./digest-teller.ts"
import { EventTeller } from "./event-teller.ts"

export interface AlertHandlerDefinition<Options extends AlertOptions> {
  readonly name: string
  readonly title: string
  readonly options: z.ZodType<Options, unknown>
  /** Whether the attacker's words may be quoted: not where the public reads. Default true. */
  readonly quotes?: boolean
  /** Template of a single event's message where the operator has none. */
  readonly eventTemplate?: string
  open(options: Options, ports: LogHandlerPorts): Promise<AlertTarget>
}

export function defineAlertHandler<Options extends AlertOptions>(
  definition: AlertHandlerDefinition<Options>,
): LogHandler<Options> {
  return {
    name: definition.name,
    title: definition.title,
    options: definition.options,
    batch: { maxEvents: 2_000, maxBytes: 4 * 1024 * 1024, maxWaitMs: 1_000 },
    open: async (options, ports) => {
      return openAlerts(await definition.open(options, ports), options, ports, definition)
    },
  }
}

export interface AlertStyle {
  readonly name: string
  readonly quotes?: boolean
  readonly eventTemplate?: string
}

export async function openAlerts(
  target: AlertTarget,
  options: AlertOptions,
  ports: LogHandlerPorts,
  style: AlertStyle,
): Promise<OpenLogHandler> {
  const compose = composer(options, ports, style)
  if (ports.trial === true || options.digest.windowMs === 0)
    return new EventTeller(target, options, ports, compose)
  const file = new DigestFile(ports.dataDir, ports.name ?? style.name, ports.log)
  const state = await file.read()
  const digest = new Digest(options.digest, ports.now(), state)
  return new DigestTeller(target, digest, file, state?.outbox ?? [], ports, compose)
}

function composer(options: AlertOptions, ports: LogHandlerPorts, style: AlertStyle): Compose {
  return (told) => {
    const context = {
      sensor: ports.sensor,
      hubUrl: options.hubUrl,
      nowMs: ports.now(),
      quotes: style.quotes !== false,
    }
    const text = describeAlert(told, context)
    const template = options.template ?? (told.kind === "event" ? style.eventTemplate : undefined)
    const filled =
      template === undefined || told.kind === "heartbeat" ? undefined : fillTemplate(template, text.values)
    return { ...text, told, template: filled }
  }
}
