/** The kill tests, short; `npm run torture` runs them at length. */
import { describe, expect, it } from "vitest"
import { run as killHub } from "./hub-kill.ts"
import { run as killSensor } from "./sensor-kill.ts"

describe("torture", () => {
  it("kill -9 of the sensor loses no event that was answered to", async () => {
    expect(await killSensor(["--runs", "3", "--clients", "20"])).toBe(0)
  }, 180_000)

  it("kill -9 of the hub loses nothing acknowledged and stores nothing twice", async () => {
    expect(await killHub(["--runs", "3"])).toBe(0)
  }, 180_000)
})
