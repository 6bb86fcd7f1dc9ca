/** The log handlers of HoneyPy's etc/honeypy.cfg as entries of `handlers`. Pure: text in, entries and notes out. */
import { findLogHandler } from "@propolis/log-handlers"
import { type IniSection, parseIni } from "./ini.ts"

export interface HoneypyHandlerEntry {
  readonly enabled: boolean
  readonly options: Readonly<Record<string, unknown>>
}

export interface HoneypyHandlers {
  /** By name; HoneyPy's section names are names of log handlers here too. */
  readonly handlers: Readonly<Record<string, HoneypyHandlerEntry>>
  /** `nodename`: what HoneyPy called the sensor. */
  readonly nodeName: string | undefined
  /** What is not the same as it was, or has to be completed: lines for a person, without values. */
  readonly notes: readonly string[]
}

/** Options of one section; a value that is missing is left out. */
type Translate = (section: IniSection, note: (text: string) => void) => Record<string, unknown>

const translations: Readonly<Record<string, Translate>> = {
  honeydb: (section) => ({
    apiId: section.api_id,
    apiKey: section.api_key,
    url: isHttpUrl(section.hmac_url) ? section.hmac_url.replace(/\/hmac\/?$/, "") : undefined,
  }),
  twitter: (section, note) => {
    note(
      "posts once per source and window instead of once per event; digest.windowMs: 0 posts as HoneyPy did",
    )
    return {
      consumerKey: section.consumerkey,
      consumerSecret: section.consumersecret,
      accessToken: section.oauthtoken,
      accessTokenSecret: section.oauthsecret,
    }
  },
  slack: (section, note) => {
    note(
      "writes once per source and window instead of once per event; digest.windowMs: 0 writes as HoneyPy did",
    )
    return { webhookUrl: section.webhook_url }
  },
  telegram: (section, note) => {
    note(
      "writes once per source and window instead of once per event; digest.windowMs: 0 writes as HoneyPy did",
    )
    return { token: section.bot_id }
  },
  logstash: (section) => ({ host: section.host, port: numberOf(section.port) }),
  elasticsearch: (section, note) => {
    const url = URL.parse(section.es_url ?? "")
    if (url === null) return {}
    const index = url.pathname.split("/")[1]?.toLowerCase()
    if (index) note("writes daily indexes that begin with HoneyPy's index name; types no longer exist")
    return {
      url: url.origin,
      index: index || undefined,
      username: url.username === "" ? undefined : decodeURIComponent(url.username),
      password: url.password === "" ? undefined : decodeURIComponent(url.password),
    }
  },
  sumologic: (section) => ({
    url: section.url,
    host: section.custom_source_host,
    name: section.custom_source_name,
    category: section.custom_source_category,
  }),
  splunk: (section, note) => {
    note(
      "HoneyPy used the management port with a login; here it is the HTTP Event Collector: put its token into the environment variable SPLUNK_HEC_TOKEN",
    )
    // The file that HoneyPy came with names a URL, and no login.
    if (section.username === undefined) return {}
    const url = URL.parse(section.url ?? "")
    return {
      url: url === null ? undefined : `${url.protocol}//${url.hostname}:8088`,
      token: { env: "SPLUNK_HEC_TOKEN" },
    }
  },
  rabbitmq: (section) => {
    const url = URL.parse(section.url_param ?? "")
    const common = {
      exchange: section.exchange,
      routingKey: section.routing_key,
      format: "honeypy",
      declare: false,
    }
    if (url === null || !/^amqps?:$/.test(url.protocol)) return common
    return {
      host: url.hostname,
      port: numberOf(url.port),
      username: url.username === "" ? undefined : decodeURIComponent(url.username),
      password: url.password === "" ? undefined : decodeURIComponent(url.password),
      vhost: url.pathname.length > 1 ? decodeURIComponent(url.pathname.slice(1)) : undefined,
      tls: url.protocol === "amqps:" ? true : undefined,
      ...common,
    }
  },
  hpfeeds: (section) => ({
    host: section.server,
    port: numberOf(section.port),
    ident: section.ident,
    secret: section.secret,
    channel: section.channel,
    serverId: section.serverid,
  }),
  file: (section, note) => {
    note("writes events as docs/events.md describes them; format: honeypy writes HoneyPy's text lines")
    return { path: section.filename }
  },
}

/**
 * Reads `[honeydb]`, `[twitter]`, `[slack]`, `[logstash]`, `[elasticsearch]`, `[telegram]`, `[sumologic]`, `[splunk]`,
 * `[rabbitmq]`, `[hpfeeds]` and `[file]`. A section that is switched off and not filled in is left out.
 */
export function handlersFromHoneypyConfig(text: string): HoneypyHandlers {
  const notes: string[] = []
  const handlers: Record<string, HoneypyHandlerEntry> = {}
  const sections = parseIni(text)
  for (const [name, section] of Object.entries(sections)) {
    if (name === "honeypy") continue
    const translate = Object.hasOwn(translations, name) ? translations[name] : undefined
    const enabled = /^(?:yes|true|on|1)$/i.test(section.enabled ?? "")
    if (translate === undefined) {
      if (enabled) notes.push(`${name}: there is no such log handler here`)
      continue
    }
    const own: string[] = []
    const options = withoutMissing(translate(section, (note) => own.push(`${name}: ${note}`)))
    const missing = faultyOptions(name, options)
    const filledIn = Object.keys(section).some((key) => key !== "enabled")
    if (!enabled && (!filledIn || missing.length > 0)) continue
    handlers[name] = { enabled, options }
    if (enabled) notes.push(...own)
    if (missing.length > 0) notes.push(`${name}: to be completed: ${missing.join(", ")}`)
  }
  return { handlers, nodeName: sections.honeypy?.nodename, notes }
}

/** Names of options that the log handler does not take as they are. */
function faultyOptions(name: string, options: Readonly<Record<string, unknown>>): string[] {
  // A reference is resolved when the configuration is read.
  const values = Object.entries(options).map(([key, value]) => [
    key,
    typeof value === "object" ? "elsewhere" : value,
  ])
  const parsed = findLogHandler(name)?.options.safeParse(Object.fromEntries(values))
  if (parsed === undefined || parsed.success) return []
  return [...new Set(parsed.error.issues.map((issue) => String(issue.path[0] ?? "options")))]
}

function withoutMissing(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,5}$/.test(text) ? Number(text) : undefined
}

function isHttpUrl(text: string | undefined): text is string {
  return /^https?:$/.test(URL.parse(text ?? "")?.protocol ?? "")
}
