/** What enables each log handler: at most five lines of YAML with `handlers:`. A test reads every one of them. */

/** Lines below `handlers:`, by the log handler's name. */
export const handlerExamples: Readonly<Record<string, readonly string[]>> = {
  file: ["file: {}"],
  hub: ["hub:", "  options: { url: https://hub.example, apiId: 4f2c, apiKey: { env: PROPOLIS_SENSOR_KEY } }"],
  honeydb: ["honeydb:", "  options: { apiId: 4f2c, apiKey: { env: HONEYDB_SECRET } }"],
  elasticsearch: [
    "elasticsearch:",
    "  options:",
    "    url: https://elastic.example:9200",
    "    apiKey: { env: ELASTIC_API_KEY }",
  ],
  splunk: ["splunk:", "  options: { url: https://splunk.example:8088, token: { env: SPLUNK_HEC_TOKEN } }"],
  sumologic: ["sumologic:", "  options: { url: { env: SUMO_HTTP_SOURCE_URL } }"],
  logstash: ["logstash:", "  options: { host: logstash.example, port: 5000, tls: true }"],
  syslog: ["syslog:", "  options: { host: syslog.example }"],
  slack: ["slack:", "  options: { webhookUrl: { env: SLACK_WEBHOOK_URL }, hubUrl: https://hub.example }"],
  discord: ["discord:", "  options: { webhookUrl: { env: DISCORD_WEBHOOK_URL } }"],
  telegram: ["telegram:", "  options: { token: { env: TELEGRAM_BOT_TOKEN }, chatId: -1001234567890 }"],
  twitter: [
    "twitter:",
    "  options:",
    "    { consumerKey: { env: X_KEY }, consumerSecret: { env: X_SECRET },",
    "      accessToken: { env: X_TOKEN }, accessTokenSecret: { env: X_TOKEN_SECRET } }",
  ],
  mastodon: [
    "mastodon:",
    "  options: { url: https://mastodon.example, accessToken: { env: MASTODON_TOKEN } }",
  ],
  email: [
    "email:",
    "  options:",
    "    { host: mail.example, username: pot, password: { env: SMTP_PASSWORD },",
    "      from: pot@example.org, to: [soc@example.org] }",
  ],
  webhook: [
    "webhook:",
    "  options: { url: { env: WEBHOOK_URL }, send: digest, signingKey: { env: WEBHOOK_KEY } }",
  ],
  redis: ["redis:", "  options: { host: redis.example }"],
  mqtt: ["mqtt:", "  options: { host: mqtt.example }"],
  rabbitmq: [
    "rabbitmq:",
    "  options: { host: rabbit.example, username: pot, password: { env: RABBITMQ_PASSWORD } }",
  ],
  nats: ["nats:", "  options: { host: nats.example }"],
  kafka: ["kafka:", "  options: { brokers: [kafka.example:9092] }"],
  hpfeeds: ["hpfeeds:", "  options: { host: feeds.example, ident: pot, secret: { env: HPFEEDS_SECRET } }"],
  opentelemetry: ["opentelemetry:", "  options: { url: http://127.0.0.1:4318 }"],
  s3: [
    "s3:",
    "  options:",
    "    { bucket: honeypot, region: eu-central-1,",
    "      accessKeyId: AKIDEXAMPLE, secretAccessKey: { env: S3_SECRET_ACCESS_KEY } }",
  ],
  abuseipdb: ["abuseipdb:", "  options: { apiKey: { env: ABUSEIPDB_KEY } }"],
  dshield: ["dshield:", "  options: { userId: 12345, apiKey: { env: DSHIELD_API_KEY } }"],
}
