/** Opens things in one order and closes them in the other, whatever happens in between. */

export interface ClosingStack {
  /** `close` is called when the stack is closed, before everything that was added earlier. */
  add(name: string, close: () => Promise<unknown>): void
  /** Closes everything; what fails to close is told and does not keep the rest open. Idempotent. */
  close(): Promise<void>
}

export function createClosingStack(tell: (message: string) => void): ClosingStack {
  const entries: { readonly name: string; readonly close: () => Promise<unknown> }[] = []
  let closing: Promise<void> | undefined
  const closeAll = async () => {
    for (const { name, close } of entries.reverse()) {
      try {
        await close()
      } catch (error) {
        tell(`${name} could not be closed: ${(error as Error).message}`)
      }
    }
  }
  return {
    add: (name, close) => void entries.push({ name, close }),
    close() {
      closing ??= closeAll()
      return closing
    },
  }
}

/** Resolves with the work, or after `ms` without it: for what must not hold up the end of the process. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
