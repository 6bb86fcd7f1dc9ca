/** Programs of the machine that a test compares with. What is missing is skipped loudly, or fails in CI. */
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"

/**
 * Whether a program is installed. Where it is not, one line says what is skipped and which Debian package has it;
 * with `PROPOLIS_REQUIRE_ALL=1` it throws instead.
 */
export function requireProgram(name: string, debianPackage: string, what = name): boolean {
  if (findProgram(name) !== undefined) return true
  return skipLoudly(what, `the Debian package ${debianPackage}`)
}

/** Tells in one line what is skipped and what it needs; false. With `PROPOLIS_REQUIRE_ALL=1` it throws instead. */
export function skipLoudly(what: string, needed: string): false {
  const line = `SKIPPED: ${what}: needs ${needed}`
  if (process.env.PROPOLIS_REQUIRE_ALL === "1") throw new Error(line)
  process.stderr.write(`${line}\n`)
  return false
}

/** The path of a program in `PATH` or in the folders of system programs. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"]
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((path) => isExecutable(path))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
