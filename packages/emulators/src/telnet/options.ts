import { z } from "zod"

const credential = z.strictObject({
  username: z.string().max(64).describe("User name."),
  password: z.string().max(128).describe("Password."),
})

export const telnetOptions = z.strictObject({
  style: z
    .enum(["unix", "windows"])
    .default("unix")
    .describe("Whose server is shown: telnetd of GNU inetutils with login, or Microsoft Telnet Service."),
  policy: z
    .enum(["none", "list", "afterAttempts", "any"])
    .default("list")
    .describe(
      "Which logins pass: none; those of `credentials` and of the persona's users; any from the `passAfter`-th attempt on; any.",
    ),
  credentials: z.array(credential).max(100).default([]).describe("Logins that pass under the policy `list`."),
  passAfter: z.int().min(1).max(100).default(3).describe("Attempt that passes under `afterAttempts`."),
  attempts: z.int().min(1).max(100).default(5).describe("Failed logins after which the connection ends."),
  loginTimeoutMs: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(60_000)
    .describe("Milliseconds a client has to log in."),
  negotiationMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(6_500)
    .describe("Milliseconds after which a client that does not negotiate gets a prompt all the same."),
})
export type TelnetOptions = z.infer<typeof telnetOptions>
