import { PropolisError } from "@propolis/core"
import { type Command, dataOption, flag, jsonOption, text } from "../command.ts"
import { openDataFolder } from "../data-folder.ts"
import { connectHub } from "../hub-client.ts"

export interface KeyPair {
  readonly api_id: string
  /** Reads threat information. */
  readonly api_key: string
  /** Contributes events. */
  readonly sensor_key: string
}

/** `propolis keys create --email E`: asks the running hub. */
export const keys: Command = {
  name: "keys",
  summary: "Creates an API key and a sensor key for an account of the hub; they are shown this once.",
  positionals: "create",
  example: "propolis keys create --email alice@example.org --json",
  options: {
    email: { type: "string", value: "EMAIL", description: "address of the account" },
    data: dataOption,
    json: jsonOption,
  },
  async run(args) {
    if (args.positionals[0] !== "create" || args.positionals.length !== 1) {
      throw new PropolisError("USAGE", "expected: propolis keys create --email EMAIL")
    }
    const email = text(args, "email")
    if (email === undefined) throw new PropolisError("USAGE", "--email is missing: the address of an account")
    const hub = connectHub(openDataFolder(text(args, "data")!))
    const made = (await hub.request("POST", "/api/admin/keys", { email })) as KeyPair
    if (flag(args, "json")) console.log(JSON.stringify(made))
    else
      console.log(
        `API id      ${made.api_id}\nAPI key     ${made.api_key}\nsensor key  ${made.sensor_key}\nThey are not shown again.`,
      )
    return 0
  },
}
