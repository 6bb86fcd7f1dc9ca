/** API keys: made, listed, revoked, and verified on every request of a sensor or client. */
import type { ApiKey, ApiKeyCreated } from "@propolis/core"
import { writeAudit } from "./audit.ts"
import type { AccountsDatabase } from "./database.ts"
import { hashToken, type KeyKind, kindOfApiKey, makeApiKey } from "./key-format.ts"

/** Whose key it is. */
export interface KeyHolder {
  readonly keyId: number
  readonly accountId: number
  readonly apiId: string
  readonly kind: KeyKind
}

const maxKeysPerAccount = 100
const maxCached = 10_000
const lastUsedStepMs = 60_000

interface Cached {
  readonly holder: KeyHolder
  usedAt: number
}

export class ApiKeys {
  readonly #database: AccountsDatabase
  readonly #now: () => number
  readonly #cache = new Map<string, Cached>()

  constructor(database: AccountsDatabase, now: () => number) {
    this.#database = database
    this.#now = now
  }

  /**
   * Who holds this key; `undefined` where id and key do not fit each other or `kind`. A key that was
   * seen before costs one hash. Only this process changes keys, so the cache is never stale.
   */
  async verify(apiId: string, key: string, kind: KeyKind): Promise<KeyHolder | undefined> {
    if (kindOfApiKey(key) !== kind) return undefined
    const hash = hashToken(key)
    const cached = this.#cache.get(hash) ?? (await this.#load(hash))
    if (cached === undefined || cached.holder.apiId !== apiId || cached.holder.kind !== kind) return undefined
    await this.#touch(cached)
    return cached.holder
  }

  async #load(hash: string): Promise<Cached | undefined> {
    const row = await this.#database
      .selectFrom("api_keys")
      .innerJoin("accounts", "accounts.id", "api_keys.account_id")
      .select(["api_keys.id", "api_keys.kind", "api_keys.last_used_at", "account_id", "accounts.api_id"])
      .where("key_hash", "=", hash)
      .executeTakeFirst()
    if (row === undefined) return undefined
    const holder = { keyId: row.id, accountId: row.account_id, apiId: row.api_id, kind: row.kind }
    const cached: Cached = { holder, usedAt: row.last_used_at ?? 0 }
    if (this.#cache.size >= maxCached) this.#cache.clear()
    this.#cache.set(hash, cached)
    return cached
  }

  async #touch(cached: Cached): Promise<void> {
    const now = this.#now()
    if (now - cached.usedAt < lastUsedStepMs) return
    cached.usedAt = now
    await this.#database
      .updateTable("api_keys")
      .set({ last_used_at: now })
      .where("id", "=", cached.holder.keyId)
      .execute()
  }

  async list(accountId: number): Promise<{ apiId: string; keys: ApiKey[] }> {
    const account = await this.#database
      .selectFrom("accounts")
      .select("api_id")
      .where("id", "=", accountId)
      .executeTakeFirstOrThrow()
    const rows = await this.#database
      .selectFrom("api_keys")
      .selectAll()
      .where("account_id", "=", accountId)
      .orderBy("id")
      .execute()
    const keys = rows.map((row) => ({
      id: row.id,
      apiId: account.api_id,
      kind: row.kind,
      label: row.label,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
    }))
    return { apiId: account.api_id, keys }
  }

  /** @returns undefined where the account has as many keys as it may have. */
  async create(
    request: { readonly accountId: number; readonly kind: KeyKind; readonly label: string },
    by: { readonly actor: string; readonly address: string },
  ): Promise<ApiKeyCreated | undefined> {
    const { apiId, keys } = await this.list(request.accountId)
    if (keys.length >= maxKeysPerAccount) return undefined
    const key = makeApiKey(request.kind)
    const now = this.#now()
    const { id } = await this.#database
      .insertInto("api_keys")
      .values({
        account_id: request.accountId,
        kind: request.kind,
        label: request.label,
        key_hash: hashToken(key),
        created_at: now,
        last_used_at: null,
      })
      .returning("id")
      .executeTakeFirstOrThrow()
    const detail = `${request.kind} key ${id} of ${apiId}`
    await writeAudit(this.#database, { ...by, action: "key created", detail }, now)
    return { id, apiId, kind: request.kind, label: request.label, createdAt: now, lastUsedAt: null, key }
  }

  /** `false` where the account has no such key. */
  async revoke(
    request: { readonly accountId: number; readonly keyId: number },
    by: { readonly actor: string; readonly address: string },
  ): Promise<boolean> {
    const row = await this.#database
      .deleteFrom("api_keys")
      .where("id", "=", request.keyId)
      .where("account_id", "=", request.accountId)
      .returning("key_hash")
      .executeTakeFirst()
    if (row === undefined) return false
    this.#cache.delete(row.key_hash)
    await writeAudit(
      this.#database,
      { ...by, action: "key revoked", detail: `key ${request.keyId}` },
      this.#now(),
    )
    return true
  }
}
