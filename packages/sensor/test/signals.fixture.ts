/** A sensor as a process of its own: `node signals.fixture.ts CONFIG DATA`. Prints its ports as one JSON line. */
import { runSensor } from "../src/index.ts"

const [configPath, dataDir] = process.argv.slice(2) as [string, string]
const sensor = await runSensor({ configPath, dataDir, signals: true, statusPort: "off", out: process.stdout })
process.stderr.write(`${JSON.stringify(sensor.services())}\n`)
