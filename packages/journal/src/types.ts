/** What the journal offers to its two users: the sensor's bus and the hub's intake. */

/** A place between two records. Opaque to users but for `record`, which rises without gaps over all segments. */
export interface Position {
  /** Ordinal of the next record, from 1. */
  readonly record: number
  /** First record's ordinal of the segment, which names its file. */
  readonly segment: number
  /** Byte offset of a block within the segment file. */
  readonly offset: number
}

export interface JournalOptions {
  /** Folder; created with mode 0700. One process at a time. */
  readonly dir: string
  /** A segment is closed when it is larger than this. Default 64 MiB, at most a quarter of `maxBytes`. */
  readonly segmentBytes?: number
  /** Readers see only what was synced to the disk, so that nothing they acted upon can vanish in a power cut. Default false. */
  readonly durableReads?: boolean
  /** Byte budget of all segments; the oldest are reclaimed first, counted per cursor when they were unread. Default 4 GiB. */
  readonly maxBytes?: number
  /** How many bytes of segments that every cursor has read are kept for later looks. Default: as many as the budget allows. */
  readonly keepReadBytes?: number
  readonly log?: (message: string) => void
}

/** Some consecutive records, whole blocks only: `start.record` is the first one's ordinal, the others follow without gaps. */
export interface Slice {
  readonly start: Position
  readonly end: Position
  readonly count: number
  /** The records, each ending with a newline. Valid until the next read of the same cursor. */
  readonly ndjson: Uint8Array
}

export interface ReadLimits {
  /** Stop after the block that reaches this many records. */
  readonly maxRecords: number
  /** Stop before the block that would exceed this many bytes (the first block is always read). */
  readonly maxBytes: number
  /** Leaves the buffer of earlier slices alone: for a reader that cannot tell whether someone still uses one. */
  readonly fresh?: boolean
}

export interface Cursor {
  readonly name: string
  /** Where the next read starts. */
  readonly position: Position
  /** Durably committed place: where reading starts after a restart. */
  readonly committed: Position
  /** Records that were reclaimed before this cursor read them, since it was made. */
  readonly lost: number
  /** The next slice; `undefined` where nothing new is there. Does not commit. */
  read(limits: ReadLimits): Promise<Slice | undefined>
  /**
   * Makes `position` survive a crash (write, fsync, rename). Commits made while one is being written share the next write.
   * @throws PropolisError JOURNAL_FULL where the disk is full; the place committed before stays.
   */
  commit(position: Position): Promise<void>
  /** Goes back to what was committed last. */
  rewind(): void
  /**
   * Resolves when at least `records` (default 1) are waiting, or `signal` aborts.
   * @throws Error when the journal is closed meanwhile.
   */
  wait(signal?: AbortSignal, records?: number): Promise<void>
  /** Records that are waiting. */
  lag(): number
}

export interface JournalStats {
  readonly records: number
  readonly bytes: number
  readonly segments: number
  /** Records that could not be written (disk full), since opening. */
  readonly unwritten: number
  /** Records that readers could not get because their block was damaged, since opening. */
  readonly damaged: number
  /** Records that were reclaimed unread, by cursor. */
  readonly lost: Readonly<Record<string, number>>
}

export interface Journal {
  /** Where the next record goes. */
  readonly end: Position
  /**
   * Appends `count` records (`lines`: each ends with a newline) as one checksummed block in one
   * write(2): after it returns, the records survive the end of this process, not a power cut.
   * Returns the place of the first one.
   * @throws PropolisError JOURNAL_FULL where the disk is full; nothing of the block is kept then.
   */
  append(lines: Uint8Array, count: number): Position
  /**
   * As {@link append}, and resolves when the records survive a power cut (fdatasync, shared by all callers waiting).
   * Resolves to the ordinal of the first record.
   */
  appendDurable(lines: Uint8Array, count: number): Promise<number>
  /** A durable cursor by name, the same object for the same name; a new one starts at `from` (default `oldest`). */
  cursor(name: string, from?: "oldest" | "end"): Promise<Cursor>
  removeCursor(name: string): Promise<void>
  stats(): JournalStats
  /** Syncs and closes. Idempotent. */
  close(): Promise<void>
}
