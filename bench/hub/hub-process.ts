/** Child process: a whole hub with an account and a sensor key. Arguments: data folder, port. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createAccount, openAccounts } from "../../packages/hub/src/accounts/index.ts"
import { runHub } from "../../packages/hub/src/run-hub.ts"

export interface HubReady {
  readonly url: string
  readonly apiId: string
  readonly sensorKey: string
}

/** Keys are stored hashed: the one that was made is kept beside the hub's folder for the next start. */
async function key(dataDir: string): Promise<{ apiId: string; sensorKey: string }> {
  const file = `${dataDir}-key.json`
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as { apiId: string; sensorKey: string }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const accounts = await openAccounts(join(dataDir, "accounts.sqlite"))
  try {
    const by = { actor: "bench", address: "" }
    const request = { email: "bench@example.org", admin: false, password: "correct horse battery" }
    const created = await createAccount(accounts.database, request, by, Date.now())
    const { account, apiId } = created!
    const made = await accounts.keys.create({ accountId: account.id, kind: "sensor", label: "bench" }, by)
    const pair = { apiId, sensorKey: made!.key }
    writeFileSync(file, JSON.stringify(pair), { mode: 0o600 })
    return pair
  } finally {
    await accounts.close()
  }
}

const [dataDir, port] = process.argv.slice(2)
const pair = await key(dataDir!)
const hub = await runHub({
  dataDir: dataDir!,
  listen: "127.0.0.1",
  port: Number(port),
  log: (line) => console.error(`  hub: ${line}`),
})
process.on("message", async (message) => {
  if (message !== "stop") return
  await hub.close()
  process.disconnect()
})
process.send!({ url: hub.url, ...pair } satisfies HubReady)
