/**
 * The attribute catalogue: every name that an emulator may record. A test proves that what is
 * emitted is catalogued, that what is catalogued is emitted, and that docs/attributes.md lists both.
 */
export interface AttributeEntry {
  readonly description: string
  readonly example: string
}

export const attributeCatalogue = {
  username: { description: "Name given at a login", example: "root" },
  password: { description: "Password given at a login", example: "hunter2" },
  loginSuccess: {
    description: "Whether the emulator let the login pass: `true` or `false`",
    example: "false",
  },
  authMethod: { description: "How credentials were offered", example: "basic" },
  command: { description: "A command line or protocol command that was given", example: "cat /proc/cpuinfo" },
  httpMethod: { description: "Method of an HTTP request, as received", example: "GET" },
  url: { description: "Request target or URL, as received", example: "/wp-login.php?a=1" },
  httpVersion: { description: "Version of an HTTP request", example: "1.1" },
  httpHost: { description: "Host header of an HTTP request", example: "203.0.113.7" },
  userAgent: { description: "User-Agent header", example: "curl/8.5.0" },
  contentType: { description: "Content-Type header", example: "application/json" },
  httpStatus: { description: "Status code that the emulator answered", example: "404" },
  filename: { description: "Name of a file that was left or asked for", example: "shell.php" },
  captureSha256: { description: "SHA-256 of a captured file in the capture store", example: "9f86d081…" },
  captureBytes: { description: "Size of a captured file in bytes", example: "4096" },
  dnsName: { description: "Name of a DNS question", example: "example.com" },
  dnsType: { description: "Type of a DNS question", example: "A" },
  dnsClass: { description: "Class of a DNS question", example: "IN" },
  terminalType: { description: "Terminal type that a client named", example: "xterm-256color" },
  terminalSize: { description: "Terminal size, columns × rows", example: "80x24" },
  telnetOptions: { description: "Telnet options that the client sent, in order", example: "DO 3 WILL 31" },
  environment: { description: "Environment variable that a client sent", example: "USER=root" },
  pattern: { description: "Name of the declarative pattern that matched", example: "version" },
  tlsVersion: { description: "Negotiated TLS version", example: "TLSv1.3" },
  tlsCipher: { description: "Negotiated TLS cipher suite", example: "TLS_AES_256_GCM_SHA384" },
  tlsServerName: {
    description: "Server name that a TLS client asked for (SNI)",
    example: "mail.example.com",
  },
  tlsError: {
    description: "Why a TLS hand-shake failed; the session was ended",
    example: "ERR_SSL_NO_SHARED_CIPHER",
  },
  proxyProtocol: {
    description: "Version of the PROXY protocol header that named the source, or `invalid`",
    example: "2",
  },
  limit: {
    description: "Limit of the host that ended the session or cut its record",
    example: "maxSessionMs",
  },
  fault: { description: "Why an emulator failed; its session was ended", example: "TypeError: …" },
  truncated: { description: "`true` where the recorded payload is shorter than `bytes`", example: "true" },
} as const satisfies Record<string, AttributeEntry>

export type AttributeName = keyof typeof attributeCatalogue

/** What an emulator may record: catalogue names only, checked by the compiler. */
export type RecordedAttributes = { readonly [name in AttributeName]?: string }

export function isAttributeName(name: string): name is AttributeName {
  return Object.hasOwn(attributeCatalogue, name)
}
