/** The sensor's host with every emulator, the default limits and the real journal, alone in a process. `node hostile-sensor.ts FOLDER` */
import { join } from "node:path"
import type { Emulator } from "@propolis/core"
import { emulators } from "@propolis/emulators"
import { openJournal } from "@propolis/journal"
import { limitsPart } from "../../packages/sensor/src/config/parts.ts"
import { createHost } from "../../packages/sensor/src/host/create-host.ts"
import {
  createPersona,
  findPersonaTemplate,
  personaCertificate,
} from "../../packages/sensor/src/persona/persona.ts"
import { openPersonaKey } from "../../packages/sensor/src/persona/persona-state.ts"
import { type ListeningPort, reportUsage } from "../yardstick/usage.ts"

const folder = process.argv[2]!
const { key, pem } = openPersonaKey(folder)
const persona = createPersona({
  template: findPersonaTemplate("debian-12-web")!,
  seed: new Uint8Array(32),
  createdAt: Date.now(),
})
const journal = await openJournal({ dir: join(folder, "journal"), maxBytes: 1024 ** 3 })
const host = createHost({
  sensor: "hostile",
  persona,
  journal,
  limits: limitsPart.parse({}),
  captureDir: join(folder, "captures"),
  captureMaxBytes: 64 * 1024 ** 2,
  tls: { key: pem, cert: personaCertificate(persona, key) },
  log: (message) => console.error(message),
})

const services: ListeningPort[] = []
async function listen(emulator: Emulator, transport: "tcp" | "udp", tls: boolean): Promise<void> {
  const options = emulator.options.safeParse({})
  // One that does nothing without options of its own has nothing to show here.
  if (!options.success) return
  const name = `${emulator.name}.${tls ? "tls" : transport}`
  const definition = {
    name,
    emulator,
    options: options.data,
    transport,
    host: "127.0.0.1",
    port: 0,
    tls,
    proxyFrom: [],
  }
  const { port } = await host.listen(definition)
  services.push({ name, transport, port })
}
for (const emulator of emulators) {
  if (emulator.transports.tcp !== undefined) {
    await listen(emulator, "tcp", false)
    await listen(emulator, "tcp", true)
  }
  if (emulator.transports.udp !== undefined) await listen(emulator, "udp", false)
}

reportUsage(
  { port: services.find((service) => service.name === "echo.tcp")!.port, services },
  {
    counters: () => ({ ...host.stats().counters, openConnections: host.stats().openConnections }),
    async stop() {
      await host.close(2_000)
      await journal.close()
    },
  },
)
