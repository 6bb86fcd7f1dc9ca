/** Profiles: ready configurations, kept as YAML files beside this one. */
import { readFileSync } from "node:fs"

/** The default profile's text: a complete `propolis.yaml` to start from. */
export function defaultProfileText(): string {
  return readFileSync(new URL("./default.yaml", import.meta.url), "utf8")
}
