/** The parts of `propolis.yaml`: one file for both programs, each of which leaves the other's parts alone. */
import type { UnplacedFault } from "./config-fault.ts"
import { nearest } from "./suggest.ts"

export const configParts = {
  sensor: ["sensor", "listen", "limits", "journal", "status", "services", "handlers"],
  hub: ["hub"],
} as const

/** A fault for every top-level key that is no part of either program. */
export function unknownPartFaults(whole: object): UnplacedFault[] {
  const known: readonly string[] = [...configParts.sensor, ...configParts.hub]
  return Object.keys(whole)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const near = nearest(key, known)
      return {
        path: [key],
        reason: near === undefined ? "unknown key" : `unknown key (did you mean ${near}?)`,
        expected: `a part of the sensor (${configParts.sensor.join(", ")}) or of the hub (${configParts.hub.join(", ")})`,
      }
    })
}
