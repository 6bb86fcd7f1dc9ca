/** Every log handler of this release: one line each. */
import type { LogHandler } from "@propolis/core"
import { abuseipdbLogHandler } from "./abuseipdb/abuseipdb-handler.ts"
import { discordLogHandler } from "./discord/discord-handler.ts"
import { dshieldLogHandler } from "./dshield/dshield-handler.ts"
import { elasticsearchLogHandler } from "./elasticsearch/elasticsearch-handler.ts"
import { emailLogHandler } from "./email/email-handler.ts"
import { fileLogHandler } from "./file/file-handler.ts"
import { honeydbLogHandler } from "./honeydb/honeydb-handler.ts"
import { hpfeedsLogHandler } from "./hpfeeds/hpfeeds-handler.ts"
import { hubLogHandler } from "./hub/hub-handler.ts"
import { kafkaLogHandler } from "./kafka/kafka-handler.ts"
import { logstashLogHandler } from "./logstash/logstash-handler.ts"
import { mastodonLogHandler } from "./mastodon/mastodon-handler.ts"
import { mqttLogHandler } from "./mqtt/mqtt-handler.ts"
import { natsLogHandler } from "./nats/nats-handler.ts"
import { opentelemetryLogHandler } from "./opentelemetry/opentelemetry-handler.ts"
import { rabbitmqLogHandler } from "./rabbitmq/rabbitmq-handler.ts"
import { redisLogHandler } from "./redis/redis-handler.ts"
import { s3LogHandler } from "./s3/s3-handler.ts"
import { slackLogHandler } from "./slack/slack-handler.ts"
import { splunkLogHandler } from "./splunk/splunk-handler.ts"
import { sumologicLogHandler } from "./sumologic/sumologic-handler.ts"
import { syslogLogHandler } from "./syslog/syslog-handler.ts"
import { telegramLogHandler } from "./telegram/telegram-handler.ts"
import { twitterLogHandler } from "./twitter/twitter-handler.ts"
import { webhookLogHandler } from "./webhook/webhook-handler.ts"

export const logHandlers: readonly LogHandler[] = [
  fileLogHandler as LogHandler,
  hubLogHandler as LogHandler,
  honeydbLogHandler as LogHandler,
  elasticsearchLogHandler as LogHandler,
  splunkLogHandler as LogHandler,
  sumologicLogHandler as LogHandler,
  logstashLogHandler as LogHandler,
  syslogLogHandler as LogHandler,
  discordLogHandler as LogHandler,
  emailLogHandler as LogHandler,
  mastodonLogHandler as LogHandler,
  slackLogHandler as LogHandler,
  telegramLogHandler as LogHandler,
  twitterLogHandler as LogHandler,
  webhookLogHandler as LogHandler,
  redisLogHandler as LogHandler,
  mqttLogHandler as LogHandler,
  rabbitmqLogHandler as LogHandler,
  natsLogHandler as LogHandler,
  hpfeedsLogHandler as LogHandler,
  opentelemetryLogHandler as LogHandler,
  s3LogHandler as LogHandler,
  abuseipdbLogHandler as LogHandler,
  dshieldLogHandler as LogHandler,
  kafkaLogHandler as LogHandler,
]

export function findLogHandler(name: string): LogHandler | undefined {
  return logHandlers.find((handler) => handler.name === name)
}
