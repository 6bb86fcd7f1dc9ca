import { PropolisError } from "@propolis/core"
import { type Command, dataOption, flag, jsonOption, text } from "../command.ts"
import { openDataFolder } from "../data-folder.ts"
import { connectHub } from "../hub-client.ts"

/** `propolis accounts create --email E [--admin]`: asks the running hub. */
export const accounts: Command = {
  name: "accounts",
  summary: "Creates an account on the hub that runs on this data folder; prints its one-time password.",
  positionals: "create",
  example: "propolis accounts create --email alice@example.org --admin",
  options: {
    email: { type: "string", value: "EMAIL", description: "address of the account" },
    admin: { type: "boolean", description: "may administer the hub" },
    data: dataOption,
    json: jsonOption,
  },
  async run(args) {
    if (args.positionals[0] !== "create" || args.positionals.length !== 1) {
      throw new PropolisError("USAGE", "expected: propolis accounts create --email EMAIL")
    }
    const email = text(args, "email")
    if (email === undefined)
      throw new PropolisError("USAGE", "--email is missing: the address of the new account")
    const hub = connectHub(openDataFolder(text(args, "data")!))
    const made = (await hub.request("POST", "/api/admin/accounts", {
      email,
      admin: flag(args, "admin"),
    })) as {
      email: string
      password: string
    }
    if (flag(args, "json")) console.log(JSON.stringify(made))
    else
      console.log(
        `account   ${made.email}\npassword  ${made.password}   (one time: it is replaced at the first sign-in)\nsign in   ${hub.url}/login`,
      )
    return 0
  },
}
