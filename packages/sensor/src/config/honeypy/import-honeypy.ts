/** HoneyPy's etc/honeypy.cfg as a part of propolis.yaml. */
import { stringify } from "yaml"
import { handlersFromHoneypyConfig } from "./handlers-from-honeypy.ts"

export interface HoneypyImport {
  /** The parts `sensor` and `handlers` of propolis.yaml, with secrets as the file had them. */
  readonly yaml: string
  /** What could not be carried over as it was, a line each. */
  readonly notes: readonly string[]
}

export function importHoneypyConfig(text: string): HoneypyImport {
  const { handlers, nodeName, notes } = handlersFromHoneypyConfig(text)
  const parts = { ...(nodeName === undefined ? {} : { sensor: { id: nodeName } }), handlers }
  return { yaml: stringify(parts), notes }
}
