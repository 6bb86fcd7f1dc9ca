/** The index template of Elasticsearch (7.8 and later) and OpenSearch for the documents of formats/ecs-document.ts. */

/** Longer keywords are kept and shown, not searched: an attacker's text may have any length. */
const keyword = { type: "keyword", ignore_above: 1_024 } as const
const address = { type: "ip" } as const
const port = { type: "integer" } as const
const object = (properties: object) => ({ properties })

export function indexTemplate(index: string): object {
  return {
    index_patterns: [`${index}-*`],
    priority: 200,
    template: { settings: { index: { codec: "best_compression" } }, mappings },
    _meta: { description: "Events of Propolis sensors, Elastic Common Schema" },
  }
}

const endpoint = object({ address: keyword, ip: address, port })

const mappings = {
  // Attribute names come from a catalogue; nothing an attacker sends can become the name of a field.
  dynamic_templates: [{ text: { match_mapping_type: "string", mapping: keyword } }],
  date_detection: false,
  numeric_detection: false,
  properties: {
    "@timestamp": { type: "date" },
    ecs: object({ version: keyword }),
    event: object({
      id: keyword,
      kind: keyword,
      category: keyword,
      type: keyword,
      action: keyword,
      module: keyword,
      dataset: keyword,
      sequence: { type: "long" },
    }),
    observer: object({ vendor: keyword, type: keyword, name: keyword }),
    source: endpoint,
    destination: endpoint,
    network: object({ transport: keyword, type: keyword, direction: keyword, bytes: { type: "long" } }),
    service: object({ name: keyword, type: keyword }),
    related: object({ ip: address }),
    user: object({ name: keyword }),
    process: object({ command_line: keyword }),
    http: object({
      version: keyword,
      request: object({ method: keyword }),
      response: object({ status_code: { type: "long" } }),
    }),
    url: object({ original: keyword, domain: keyword }),
    user_agent: object({ original: keyword }),
    file: object({ name: keyword, hash: object({ sha256: keyword }) }),
    dns: object({ question: object({ name: keyword, type: keyword, class: keyword }) }),
    tls: object({ version: keyword, cipher: keyword, client: object({ server_name: keyword }) }),
    propolis: object({
      session: keyword,
      event: keyword,
      data: { type: "binary" },
      text: { type: "text" },
      sha256: keyword,
      attributes: { type: "object", dynamic: true },
    }),
  },
}
