import { findLogHandler } from "@propolis/log-handlers"
import { describe, expect, it } from "vitest"
import { handlersFromHoneypyConfig } from "./handlers-from-honeypy.ts"

const full = `# HoneyPy/etc/honeypy.cfg
[honeypy]
nodename  = server01
useragent : HoneyPy Honeypot

[twitter]
enabled        = Yes
consumerkey    = ck
consumersecret = cs
oauthtoken     = ot
oauthsecret    = os

[honeydb]
enabled  = Yes
api_id   = id
api_key  = key
url = 'dummy'
hmac_url = 'dummy'

[slack]
enabled     = Yes
webhook_url = https://hooks.slack.example/services/T/B/x

[logstash]
enabled = Yes
host    = logs.example
port    = 5514

[elasticsearch]
enabled = Yes
es_url  = http://u:p%40ss@localhost:9200/HoneyPot/honeypy

[telegram]
enabled = Yes
bot_id = 123456:ABC-DEF

[sumologic]
enabled = Yes
url = https://sumo.example/receiver/v1/http/x
custom_source_host = pot1
custom_source_name =
custom_source_category = honeypots

[splunk]
enabled = Yes
url = https://splunk.example:8089/services/receivers/simple
username = admin
password = secret

[rabbitmq]
enabled = Yes
url_param = amqp://user:pw@127.0.0.1/%2f
exchange = mycoolexchange
routing_key = honeypy

[hpfeeds]
enabled = Yes
server = feeds.example
port = 10000
ident = ident
secret = secret
channel = honeypy.events
serverid = pot1

[file]
enabled = Yes
filename = /var/log/honeypy.json
`

describe("honeypy.cfg", () => {
  const { handlers, nodeName, notes } = handlersFromHoneypyConfig(full)

  it("gives every logger of HoneyPy as a log handler", () => {
    expect(nodeName).toBe("server01")
    expect(handlers).toEqual({
      twitter: {
        enabled: true,
        options: { consumerKey: "ck", consumerSecret: "cs", accessToken: "ot", accessTokenSecret: "os" },
      },
      honeydb: { enabled: true, options: { apiId: "id", apiKey: "key" } },
      slack: { enabled: true, options: { webhookUrl: "https://hooks.slack.example/services/T/B/x" } },
      logstash: { enabled: true, options: { host: "logs.example", port: 5_514 } },
      elasticsearch: {
        enabled: true,
        options: { url: "http://localhost:9200", index: "honeypot", username: "u", password: "p@ss" },
      },
      telegram: { enabled: true, options: { token: "123456:ABC-DEF" } },
      sumologic: {
        enabled: true,
        options: { url: "https://sumo.example/receiver/v1/http/x", host: "pot1", category: "honeypots" },
      },
      splunk: {
        enabled: true,
        options: { url: "https://splunk.example:8088", token: { env: "SPLUNK_HEC_TOKEN" } },
      },
      rabbitmq: {
        enabled: true,
        options: {
          host: "127.0.0.1",
          username: "user",
          password: "pw",
          vhost: "/",
          exchange: "mycoolexchange",
          routingKey: "honeypy",
          format: "honeypy",
          declare: false,
        },
      },
      hpfeeds: {
        enabled: true,
        options: {
          host: "feeds.example",
          port: 10_000,
          ident: "ident",
          secret: "secret",
          channel: "honeypy.events",
          serverId: "pot1",
        },
      },
      file: { enabled: true, options: { path: "/var/log/honeypy.json" } },
    })
  })

  it.each(Object.entries(handlers))("gives options that the log handler takes: %s", (name, { options }) => {
    const resolved = Object.fromEntries(
      Object.entries(options).map(([key, value]) => [
        key,
        typeof value === "object" ? "from-elsewhere" : value,
      ]),
    )
    expect(findLogHandler(name)?.options.safeParse(resolved).error).toBeUndefined()
  })

  it("tells what differs, and no secret", () => {
    expect(notes.find((note) => note.startsWith("splunk: "))).toContain("SPLUNK_HEC_TOKEN")
    expect(notes.join()).not.toMatch(/to be completed|p@ss|ABC-DEF/)
  })

  it("leaves out what is switched off and empty, as in the file that HoneyPy came with", () => {
    const shipped = full.replaceAll("Yes", "No").replaceAll(/^(?!enabled|\[)([a-z_]+)\s*[=:].*$/gm, "$1 =")
    expect(Object.keys(handlersFromHoneypyConfig(shipped).handlers)).toEqual([])
  })

  it("keeps what is switched off but filled in, and says what is switched on and not", () => {
    const text =
      "[slack]\nenabled=No\nwebhook_url=https://h/x\n[telegram]\nenabled=Yes\n[animus]\nenabled=Yes\n[other]\nenabled=No"
    const outcome = handlersFromHoneypyConfig(text)
    expect(outcome.handlers).toEqual({
      slack: { enabled: false, options: { webhookUrl: "https://h/x" } },
      telegram: { enabled: true, options: {} },
    })
    expect(outcome.notes).toContain("telegram: to be completed: token")
    expect(outcome.notes).toContain("animus: there is no such log handler here")
    expect(outcome.notes.join()).not.toContain("other")
  })

  it.each([
    ["", {}],
    ["no section = 1\n=\n[\n[]\n", {}],
    ["[__proto__]\nenabled=Yes\n[constructor]\nenabled=Yes\n", {}],
    [
      "[slack]\r\nenabled = yes ; really\r\nwebhook_url:https://h/x\r\n",
      { slack: { enabled: true, options: { webhookUrl: "https://h/x" } } },
    ],
  ])("reads %j", (text, expected) => expect(handlersFromHoneypyConfig(text).handlers).toEqual(expected))
})
