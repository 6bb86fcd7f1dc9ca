/**
 * The hub is away for a while, while another log handler's peer hangs and a third one's answers 500; then all are well
 * again: nothing is lost, and the sensor's clients notice nothing (latency while away as a ratio to latency before).
 */
import { startEchoLoad } from "./echo-load.ts"
import { echoChecks, readEvidence } from "./evidence.ts"
import { startMoodyPeer } from "./moody-peer.ts"
import { numberOption, report, scratchFolder } from "./processes.ts"
import { prepareStand } from "./stand.ts"

/** Clients may be slower by so much while the hub is away: noise of the machine, not of the product. */
const maxLatencyRatio = 1.5

export async function run(args: string[]): Promise<number> {
  const seconds = numberOption(args, "seconds", 60)
  const beforeSeconds = Math.max(3, Math.min(30, Math.round(seconds / 2)))
  const folder = scratchFolder("hub-away")
  const peers = [await startMoodyPeer(), await startMoodyPeer()] as const
  try {
    const { stand, hub } = await prepareStand(
      folder.path,
      peers.map((peer) => peer.url),
    )
    const sensor = await stand.startSensor()
    const answered = new Set<string>()
    const load = async (duration: number): Promise<number> => {
      const echo = startEchoLoad(stand.echoPort, 8, 20)
      await new Promise((resolve) => setTimeout(resolve, duration * 1_000))
      await echo.stop()
      for (const marker of echo.answered) answered.add(marker)
      return median(echo.latencies)
    }
    await load(2)
    const before = await load(beforeSeconds)
    await hub.kill()
    peers[0].become("hanging")
    peers[1].become("failing")
    const away = await load(seconds)
    const answeredWhileAway = answered.size
    const back = await stand.startHub()
    for (const peer of peers) peer.become("well")
    await stand.drained(120_000)
    const exit = await sensor.stop()
    await back.stop()
    return report(`hub-away: ${seconds} s away`, [
      [
        "the sensor went on answering",
        answeredWhileAway > 0 && exit === 0,
        `${answeredWhileAway} replies, exit code ${exit}`,
      ],
      [
        "its answers stay quick (median ms, away ÷ before)",
        away / before <= maxLatencyRatio,
        `${away.toFixed(2)} ÷ ${before.toFixed(2)} = ${(away / before).toFixed(2)}`,
      ],
      ...echoChecks(await readEvidence(stand.storeDir), answered),
    ])
  } finally {
    for (const peer of peers) await peer.close()
    folder.remove()
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
