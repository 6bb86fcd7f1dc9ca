/**
 * What a login leads to: a prompt that records every command, answers a few as Debian's bash and dash
 * do, and says of the rest that it is not there. The whole session behind a login is in this file.
 */
import type { Persona } from "@propolis/core"

export interface Shell {
  /** What is shown before each line. */
  prompt(): string
  /** What a command line prints; `undefined` where it ends the session. */
  run(line: string): string | undefined
}

interface Shells {
  readonly persona: Persona
  readonly username: string
  /** Depth of `sh` within bash. */
  depth: number
}

export function openUnixShell(persona: Persona, username: string): Shell {
  const shells: Shells = { persona, username, depth: 0 }
  const mark = username === "root" ? "#" : "$"
  return {
    prompt: () => (shells.depth > 0 ? `${mark} ` : `${username}@${persona.hostName}:~${mark} `),
    run(line) {
      let output = ""
      for (const part of line.split(/;|&&|\|\|/, 64)) {
        const printed = runOne(shells, part.trim())
        if (printed === undefined) return undefined
        output += printed
      }
      return output
    },
  }
}

function runOne(shells: Shells, text: string): string | undefined {
  const [name = "", ...words] = text.split(/\s+/, 256)
  const { persona, username } = shells
  switch (name) {
    case "":
    case ":":
    case "cd":
    case "export":
    case "unset":
    case "true":
      return ""
    case "exit":
    case "logout":
      if (shells.depth === 0) return undefined
      shells.depth--
      return ""
    case "sh":
    case "bash":
      if (words.length === 0 && shells.depth < 16) shells.depth++
      return ""
    case "whoami":
      return `${username}\r\n`
    case "hostname":
      return `${persona.hostName}\r\n`
    case "pwd":
      return `${homeOf(username)}\r\n`
    case "id":
      return `${identityOf(persona, username)}\r\n`
    case "uname":
      return `${systemName(persona, words)}\r\n`
    case "echo":
      return `${words.map((word) => word.replace(/^(["'])(.*)\1$/, "$2")).join(" ")}\r\n`
    default:
      if (name.includes("/")) return notThere(shells, name, "No such file or directory", "not found")
      return notThere(shells, name, "command not found", "not found")
  }
}

/** bash and dash differ in their words. */
function notThere(shells: Shells, name: string, bash: string, dash: string): string {
  return shells.depth > 0 ? `sh: 1: ${name}: ${dash}\r\n` : `-bash: ${name}: ${bash}\r\n`
}

function homeOf(username: string): string {
  return username === "root" ? "/root" : `/home/${username}`
}

function identityOf(persona: Persona, username: string): string {
  if (username === "root") return "uid=0(root) gid=0(root) groups=0(root)"
  const place = persona.users
    .filter((user) => user.name !== "root")
    .findIndex((user) => user.name === username)
  const uid = 1000 + Math.max(0, place)
  return `uid=${uid}(${username}) gid=${uid}(${username}) groups=${uid}(${username})`
}

function systemName(persona: Persona, words: readonly string[]): string {
  const { kernel, kernelBuild, machine } = persona.system
  const flags = words.join("").replaceAll("-", "")
  if (flags.includes("a")) return `Linux ${persona.hostName} ${kernel} ${kernelBuild} ${machine} GNU/Linux`
  const shown: string[] = []
  if (flags === "" || flags.includes("s")) shown.push("Linux")
  if (flags.includes("n")) shown.push(persona.hostName)
  if (flags.includes("r")) shown.push(kernel)
  if (flags.includes("v")) shown.push(kernelBuild)
  if (flags.includes("m")) shown.push(machine)
  if (flags.includes("o")) shown.push("GNU/Linux")
  return shown.length > 0 ? shown.join(" ") : "Linux"
}

/** The message of the day behind a login, as Debian's `/etc/update-motd.d/10-uname` and `/etc/motd` give it. */
export function messageOfTheDay(persona: Persona): string {
  const { kernel, kernelBuild, machine } = persona.system
  return [
    `Linux ${persona.hostName} ${kernel} ${kernelBuild} ${machine}`,
    "",
    "The programs included with the Debian GNU/Linux system are free software;",
    "the exact distribution terms for each program are described in the",
    "individual files in /usr/share/doc/*/copyright.",
    "",
    "Debian GNU/Linux comes with ABSOLUTELY NO WARRANTY, to the extent",
    "permitted by applicable law.",
    "",
  ].join("\r\n")
}

/** Windows' command prompt. */
export function openWindowsShell(username: string): Shell {
  return {
    prompt: () => `\r\nC:\\Users\\${username}>`,
    run(line) {
      const [name = ""] = line.trim().split(/\s+/, 1)
      if (name === "") return ""
      if (name.toLowerCase() === "exit") return undefined
      return `'${name}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`
    },
  }
}
