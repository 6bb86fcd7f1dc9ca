/** A persona's small web site, as data. Two personas have two companies, two designs and two ages of files. */
import { bytesFromText, type Persona } from "@propolis/core"

export interface Page {
  readonly contentType: string
  readonly body: Uint8Array
  /** Unix milliseconds; `undefined` where a program makes the page. */
  readonly modifiedMs?: number
  /** Field names of the login form that posts here. */
  readonly login?: boolean
}

export interface Site {
  readonly company: string
  /** By path. */
  readonly pages: ReadonlyMap<string, Page>
  /** Realm of the area behind Basic authentication. */
  readonly realm: string
}

const trades = ["Logistics", "Engineering", "Consulting", "Medical", "Foods", "Textiles", "Print", "Systems"]
const values = ["reliability", "craft", "fair prices", "short ways", "clear words", "long partnerships"]
const colours = ["#1c4e80", "#7a1f2b", "#2f6b3a", "#5b3a8e", "#8a5a00", "#22575a"]
const realms = ["Restricted Area", "Administration", "Intranet", "Staff only", "Private"]

const pick = <T>(list: readonly T[], byte: number): T => list[byte % list.length]!

/** The same persona always has the same site. */
export function buildSite(persona: Persona): Site {
  const seed = persona.derive("http/site", 24)
  const label = persona.domain.split(".")[0] ?? "company"
  const company = `${label.charAt(0).toUpperCase()}${label.slice(1)} ${pick(trades, seed[0]!)}`
  const colour = pick(colours, seed[1]!)
  const founded = 1962 + (seed[2]! % 50)
  const first = pick(values, seed[3]!)
  const second = pick(values, seed[3]! + 1 + (seed[4]! % (values.length - 1)))
  const staff = 12 + seed[5]!
  // Files are younger than the installation and older than the last start.
  const spanMs = Math.max(0, persona.bootedAt - persona.installedAt)
  const modified = (index: number) => {
    const share = (((seed[index]! << 8) | seed[index + 1]!) >>> 0) / 65_536
    return Math.floor((persona.installedAt + spanMs * share) / 1_000) * 1_000
  }
  const frame = (title: string, inner: string) => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title} - ${company}</title>
<link rel="stylesheet" href="/css/site.css">
<link rel="icon" href="/favicon.ico">
</head>
<body>
<header><a href="/">${company}</a><nav><a href="/about.html">About</a> <a href="/contact.html">Contact</a> <a href="/login.php">Sign in</a></nav></header>
<main>
${inner}
</main>
<footer>${company}, since ${founded}</footer>
</body>
</html>
`
  const form = (message: string) =>
    frame(
      "Sign in",
      `<h1>Sign in</h1>
${message}<form method="post" action="/login.php">
<label>User name <input name="username" autocomplete="username"></label>
<label>Password <input type="password" name="password" autocomplete="current-password"></label>
<button type="submit">Sign in</button>
</form>`,
    )
  const html = "text/html"
  const program = "text/html; charset=UTF-8"
  const home = frame(
    "Home",
    `<h1>${company}</h1>\n<p>${staff} people who believe in ${first} and ${second}.</p>`,
  )
  const about = frame("About", `<h1>About us</h1>\n<p>Founded in ${founded}, we stand for ${first}.</p>`)
  const contact = frame(
    "Contact",
    `<h1>Contact</h1>\n<p>Write to <a href="mailto:info@${persona.domain}">info@${persona.domain}</a>.</p>`,
  )
  const file = (contentType: string, body: Uint8Array | string, at: number): Page => ({
    contentType,
    body: typeof body === "string" ? bytesFromText(body) : body,
    modifiedMs: modified(at),
  })
  const homePage = file(html, home, 6)
  const pages = new Map<string, Page>([
    ["/", homePage],
    ["/index.html", homePage],
    ["/about.html", file(html, about, 8)],
    ["/contact.html", file(html, contact, 10)],
    ["/robots.txt", file("text/plain", "User-agent: *\nDisallow: /admin/\nDisallow: /backup/\n", 12)],
    [
      "/css/site.css",
      file(
        "text/css",
        `body{font:16px/1.5 sans-serif;margin:0}\nheader{background:${colour};padding:1em}\nheader a{color:#fff}\nmain,footer{padding:1em}\n`,
        14,
      ),
    ],
    ["/favicon.ico", file("image/vnd.microsoft.icon", favicon(persona), 16)],
    ["/login.php", { contentType: program, body: bytesFromText(form("")), login: true }],
    [
      "/login.php#failed",
      {
        contentType: program,
        body: bytesFromText(form('<p class="error">Invalid user name or password.</p>\n')),
      },
    ],
    [
      "/wp-login.php",
      { contentType: program, body: bytesFromText(wordpressLogin(company, persona, "")), login: true },
    ],
    [
      "/wp-login.php#failed",
      {
        contentType: program,
        body: bytesFromText(
          wordpressLogin(
            company,
            persona,
            '<div id="login_error"><strong>Error:</strong> The username or password you entered is incorrect. <a href="/wp-login.php?action=lostpassword">Lost your password?</a><br />\n</div>\n',
          ),
        ),
      },
    ],
  ])
  return { company, pages, realm: pick(realms, seed[18]!) }
}

function wordpressLogin(company: string, persona: Persona, message: string): string {
  const home = `http://${persona.hostName}.${persona.domain}`
  return `<!DOCTYPE html>
<html lang="en-US">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
<title>Log In &lsaquo; ${company} &#8212; WordPress</title>
<meta name='robots' content='max-image-preview:large, noindex, noarchive' />
</head>
<body class="login no-js login-action-login wp-core-ui locale-en-us">
<div id="login">
<h1><a href="https://wordpress.org/">Powered by WordPress</a></h1>
${message}<form name="loginform" id="loginform" action="${home}/wp-login.php" method="post">
<p><label for="user_login">Username or Email Address</label>
<input type="text" name="log" id="user_login" class="input" value="" size="20" autocapitalize="off" autocomplete="username" required="required" /></p>
<p><label for="user_pass">Password</label>
<input type="password" name="pwd" id="user_pass" class="input password-input" value="" size="20" autocomplete="current-password" spellcheck="false" required="required" /></p>
<p class="submit"><input type="submit" name="wp-submit" id="wp-submit" class="button button-primary button-large" value="Log In" />
<input type="hidden" name="redirect_to" value="${home}/wp-admin/" />
<input type="hidden" name="testcookie" value="1" /></p>
</form>
</div>
</body>
</html>
`
}

/** A 16 by 16 icon of the persona's own: four-bit pixels mirrored left to right. */
function favicon(persona: Persona): Uint8Array {
  const pixels = persona.derive("http/favicon", 64)
  const bytes = new Uint8Array(6 + 16 + 40 + 64 + 128 + 64)
  const view = new DataView(bytes.buffer)
  view.setUint16(2, 1, true)
  view.setUint16(4, 1, true)
  bytes.set([16, 16, 16, 0, 1, 0, 4, 0], 6)
  view.setUint32(14, bytes.length - 22, true)
  view.setUint32(18, 22, true)
  view.setUint32(22, 40, true)
  view.setInt32(26, 16, true)
  view.setInt32(30, 32, true)
  view.setUint16(34, 1, true)
  view.setUint16(36, 4, true)
  bytes.set(
    persona.derive("http/favicon-colours", 64).map((byte, index) => (index % 4 === 3 ? 0 : byte)),
    62,
  )
  for (let row = 0; row < 16; row++) {
    for (let column = 0; column < 4; column++) {
      const pair = pixels[row * 4 + column]!
      bytes[126 + row * 8 + column] = pair
      bytes[126 + row * 8 + 7 - column] = ((pair & 15) << 4) | (pair >>> 4)
    }
  }
  return bytes
}
