/**
 * kill -9 of the sensor at random moments under load: every event that an emulator's reply was sent
 * after is in the hub exactly once, and no session's `seq` has a gap.
 */
import { startEchoLoad } from "./echo-load.ts"
import { echoChecks, readEvidence } from "./evidence.ts"
import { numberOption, report, scratchFolder } from "./processes.ts"
import { prepareStand } from "./stand.ts"

export async function run(args: string[]): Promise<number> {
  const runs = numberOption(args, "runs", 20)
  const clients = numberOption(args, "clients", 40)
  const folder = scratchFolder("sensor-kill")
  try {
    const { stand, hub } = await prepareStand(folder.path)
    const answered = new Set<string>()
    for (let i = 1; i <= runs; i++) {
      const sensor = await stand.startSensor()
      const load = startEchoLoad(stand.echoPort, clients)
      await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 1_300))
      await sensor.kill()
      await load.stop()
      for (const marker of load.answered) answered.add(marker)
      console.log(`  kill ${i}/${runs}: ${load.answered.size} answered`)
    }
    const sensor = await stand.startSensor()
    await stand.drained(120_000)
    await sensor.stop()
    await hub.stop()
    return report(`sensor-kill: ${runs} kills, ${clients} clients`, [
      ["clients were answered", answered.size > runs, `${answered.size} replies`],
      ...echoChecks(await readEvidence(stand.storeDir), answered),
    ])
  } finally {
    folder.remove()
  }
}
