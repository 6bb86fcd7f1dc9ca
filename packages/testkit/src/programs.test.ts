import { afterEach, expect, it, vi } from "vitest"
import { findProgram, requireProgram } from "./programs.ts"

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

it("finds what is there", () => {
  expect(findProgram("sh")).toMatch(/\/sh$/)
  expect(requireProgram("sh", "dash")).toBe(true)
})

it("skips loudly, naming the package", () => {
  vi.stubEnv("PROPOLIS_REQUIRE_ALL", "")
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true)
  expect(requireProgram("no-such-program", "no-such-package", "a test of nothing")).toBe(false)
  expect(write).toHaveBeenCalledWith("SKIPPED: a test of nothing: needs the Debian package no-such-package\n")
})

it("fails where everything is required", () => {
  vi.stubEnv("PROPOLIS_REQUIRE_ALL", "1")
  expect(() => requireProgram("no-such-program", "no-such-package")).toThrow("no-such-package")
})
