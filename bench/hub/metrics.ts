/** One reading of the hub's metrics. */
export interface Reading {
  /** @throws Error where there is no such metric. */
  value(name: string): number
}

/** Reads `GET /metrics`; the event loop's longest delay starts anew with every reading. */
export async function readMetrics(url: string): Promise<Reading> {
  const response = await fetch(`${url}/metrics`)
  const text = await response.text()
  return {
    value(name) {
      const found = new RegExp(`^propolis_hub_${name}(?:{[^}]*})? (\\S+)$`, "m").exec(text)?.[1]
      if (found === undefined) throw new Error(`the hub has no metric ${name}: ${response.status}`)
      return Number(found)
    },
  }
}
