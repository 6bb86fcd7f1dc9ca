/** Where things are below `--data DIR`. */
import { chmodSync, mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { PropolisError } from "@propolis/core"

export interface DataFolder {
  readonly root: string
  /** The sensor's own files: persona, journal, captured files. */
  readonly sensor: string
  /** The hub's own files: journal, store, accounts. */
  readonly hub: string
  /** The configuration that `propolis start` made on its first run. */
  readonly configFile: string
  /** The API id and sensor key of the sensor that runs beside the hub. */
  readonly sensorKeyFile: string
  /** Address of the running hub. */
  readonly hubUrlFile: string
  /** Lets commands on this machine act as an administrator. */
  readonly adminTokenFile: string
}

/** Makes the folder with mode 0700. @throws PropolisError DATA_UNWRITABLE */
export function openDataFolder(path: string): DataFolder {
  const root = resolve(path)
  const folder: DataFolder = {
    root,
    sensor: join(root, "sensor"),
    hub: join(root, "hub"),
    configFile: join(root, "propolis.yaml"),
    sensorKeyFile: join(root, "sensor-key.json"),
    hubUrlFile: join(root, "hub", "url"),
    adminTokenFile: join(root, "hub", "admin-token"),
  }
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 })
    chmodSync(root, 0o700)
    mkdirSync(folder.sensor, { recursive: true, mode: 0o700 })
    mkdirSync(folder.hub, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new PropolisError(
      "DATA_UNWRITABLE",
      `cannot write the data folder ${root}: ${(cause as Error).message}`,
      { cause },
    )
  }
  return folder
}
