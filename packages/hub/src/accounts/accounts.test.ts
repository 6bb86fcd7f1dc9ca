import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import {
  type Accounts,
  createAccount,
  ensureAdministrator,
  kindOfApiKey,
  logIn,
  openAccounts,
  PasswordsBusy,
  sessionAccount,
  sessionMs,
  writeAdminToken,
} from "./index.ts"
import { makeApiKey } from "./key-format.ts"
import { LoginLimit } from "./login-limit.ts"

let dir: string
let accounts: Accounts
let now = 1_750_000_000_000
const open = () => openAccounts(join(dir, "accounts.sqlite"), () => now)
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "propolis-accounts-"))
  accounts = await open()
})
afterEach(async () => {
  await accounts.close()
  await rm(dir, { recursive: true, force: true })
})

const logInAs = ({ email, password }: { email: string; password: string }) =>
  logIn(accounts, { email, password, address: "192.0.2.1" })

describe("the relational store", () => {
  test("is for its owner alone, survives a restart, and migrates once", async () => {
    expect((await stat(join(dir, "accounts.sqlite"))).mode & 0o777).toBe(0o600)
    await createAccount(accounts.database, { email: "a@b.c", admin: false }, { actor: "test" }, now)
    await accounts.close()
    accounts = await open()
    expect(await accounts.database.selectFrom("accounts").select("email").execute()).toEqual([
      { email: "a@b.c" },
    ])
  })

  test("keeps transactions that overlap apart", async () => {
    const add = (email: string, fail: boolean) =>
      accounts.database.transaction().execute(async (transaction) => {
        await transaction
          .insertInto("audit_log")
          .values({ time: 1, actor: email, action: "x", detail: "", address: "" })
          .execute()
        await new Promise((resolve) => setImmediate(resolve))
        if (fail) throw new Error("rolled back")
      })
    await Promise.allSettled([add("one", false), add("two", true), add("three", false)])
    const rows = await accounts.database.selectFrom("audit_log").select("actor").orderBy("id").execute()
    expect(rows.map((row) => row.actor)).toEqual(["one", "three"])
  })
})

describe("the first administrator", () => {
  test("gets a new one-time password at each start until it was replaced", async () => {
    const first = (await ensureAdministrator(accounts.database, now))!
    expect(first.password).toMatch(/^(?:[a-zA-Z2-9]{5}-){3}[a-zA-Z2-9]{5}$/)
    const session = await logInAs(first)
    expect(session).toMatchObject({ account: { admin: true, mustChangePassword: true } })
    const second = (await ensureAdministrator(accounts.database, now))!
    expect(second.password).not.toBe(first.password)
    expect(await logInAs(first)).toEqual({ refused: "credentials" })
    // Whoever came in with the old one is out.
    expect(await sessionAccount(accounts.database, (session as { token: string }).token, now)).toBeUndefined()
    await accounts.database.updateTable("accounts").set({ must_change_password: 0 }).execute()
    expect(await ensureAdministrator(accounts.database, now)).toBeUndefined()
  })

  test("is not made where there are accounts already", async () => {
    await createAccount(accounts.database, { email: "a@b.c", admin: true }, { actor: "test" }, now)
    expect(await ensureAdministrator(accounts.database, now)).toBeUndefined()
  })
})

test("a session ends when its time is over", async () => {
  const { token } = (await logInAs((await ensureAdministrator(accounts.database, now))!)) as { token: string }
  expect(await sessionAccount(accounts.database, token, now + sessionMs - 1)).toBeDefined()
  expect(await sessionAccount(accounts.database, token, now + sessionMs)).toBeUndefined()
  now += sessionMs
  await accounts.prune()
  expect(await accounts.database.selectFrom("sessions").selectAll().execute()).toEqual([])
})

test("keys are recognised by prefix and checksum", () => {
  for (const kind of ["read", "sensor"] as const) {
    const key = makeApiKey(kind)
    expect(kindOfApiKey(key)).toBe(kind)
    const other = key.at(-1) === "0" ? "1" : "0"
    expect(kindOfApiKey(key.slice(0, -1) + other)).toBeUndefined()
    expect(
      kindOfApiKey(`${key.slice(0, 20)}${key.at(20) === "A" ? "B" : "A"}${key.slice(21)}`),
    ).toBeUndefined()
    expect(kindOfApiKey(`${key}0`)).toBeUndefined()
  }
  expect(kindOfApiKey("")).toBeUndefined()
})

test("logins that come all at once from everywhere are sent away, not queued without end", async () => {
  const login = { email: "nobody@example.org", password: "x" }
  const results = await Promise.allSettled(
    Array.from({ length: 24 }, (_, i) => logIn(accounts, { ...login, address: `192.0.2.${i}` })),
  )
  const sentAway = results.filter((result) => result.status === "rejected")
  expect(sentAway).toHaveLength(10)
  for (const { reason } of sentAway) expect(reason).toBeInstanceOf(PasswordsBusy)
}, 30_000)

describe("the login limit", () => {
  test("counts an address, an IPv6 network as one, and forgets with time", () => {
    const limit = new LoginLimit()
    for (let i = 0; i < 10; i++) limit.recordTry(`2001:db8::${i}`, `a${i}@x`, now)
    expect(limit.retryAfterSeconds("2001:db8::ffff", "z@x", now)).toBe(900)
    expect(limit.retryAfterSeconds("2001:db8:0:1::1", "z@x", now)).toBe(0)
    expect(limit.retryAfterSeconds("2001:db8::ffff", "z@x", now + 900_000)).toBe(0)
  })

  test("counts an account over all addresses", () => {
    const limit = new LoginLimit()
    for (let i = 0; i < 50; i++) limit.recordTry(`192.0.2.${i}`, "a@x", now)
    expect(limit.retryAfterSeconds("198.51.100.1", "a@x", now)).toBeGreaterThan(0)
    expect(limit.retryAfterSeconds("198.51.100.1", "b@x", now)).toBe(0)
  })
})

test("the administrator's token is a file for its owner alone, new at each start", async () => {
  const first = await writeAdminToken(dir)
  expect((await stat(first.file)).mode & 0o777).toBe(0o600)
  const second = await writeAdminToken(dir)
  const token = (await readFile(second.file, "utf8")).trim()
  expect([first.fits(token), second.fits(token), second.fits("")]).toEqual([false, true, false])
})
