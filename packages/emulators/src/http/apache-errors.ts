/** Error documents of Apache 2.4 with ServerSignature On, byte for byte. */
export interface ErrorTexts {
  readonly reason: string
  readonly body: string
}

const paragraph = (text: string) => `<p>${text}</p>\n`
const badRequest = "Your browser sent a request that this server could not understand.<br />\n"

/** The inner part of an error document; `detail` is the method, the address or the note that the status speaks of. */
export function errorTexts(status: number, detail = ""): ErrorTexts {
  switch (status) {
    case 301:
      return {
        reason: "Moved Permanently",
        body: paragraph(`The document has moved <a href="${escapeHtml(detail)}">here</a>.`),
      }
    case 302:
      return {
        reason: "Found",
        body: paragraph(`The document has moved <a href="${escapeHtml(detail)}">here</a>.`),
      }
    case 400:
      return { reason: "Bad Request", body: paragraph(badRequest + detail) }
    case 401:
      return {
        reason: "Unauthorized",
        body: paragraph(
          "This server could not verify that you\nare authorized to access the document\nrequested.  Either you supplied the wrong\ncredentials (e.g., bad password), or your\nbrowser doesn't understand how to supply\nthe credentials required.",
        ),
      }
    case 403:
      return { reason: "Forbidden", body: paragraph("You don't have permission to access this resource.") }
    case 404:
      return { reason: "Not Found", body: paragraph("The requested URL was not found on this server.") }
    case 405:
      return {
        reason: "Method Not Allowed",
        body: paragraph(`The requested method ${escapeHtml(detail)} is not allowed for this URL.`),
      }
    case 408:
      return {
        reason: "Request Timeout",
        body: paragraph("Server timeout waiting for the HTTP request from the client."),
      }
    case 413:
      return {
        reason: "Request Entity Too Large",
        body: `The requested resource does not allow request data with ${escapeHtml(detail)} requests, or the amount of data provided in\nthe request exceeds the capacity limit.\n`,
      }
    case 414:
      return {
        reason: "Request-URI Too Long",
        body: paragraph("The requested URL's length exceeds the capacity\nlimit for this server.<br />\n"),
      }
    case 416:
      return {
        reason: "Requested Range Not Satisfiable",
        body: paragraph(
          "None of the range-specifier values in the Range\nrequest-header field overlap the current extent\nof the selected resource.",
        ),
      }
    case 501:
      return {
        reason: "Not Implemented",
        body: paragraph(`${escapeHtml(detail)} not supported for current URL.<br />\n`),
      }
    default:
      return { reason: "Internal Server Error", body: "" }
  }
}

export function errorDocument(status: number, detail: string, signature: string): string {
  const { reason, body } = errorTexts(status, detail)
  return `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">
<html><head>
<title>${status} ${reason}</title>
</head><body>
<h1>${reason}</h1>
${body}<hr>
<address>${signature}</address>
</body></html>
`
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
}
