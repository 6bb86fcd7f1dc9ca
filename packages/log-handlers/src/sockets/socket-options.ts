/** Options of log handlers that connect to a host and a port. */
import { z } from "zod"

export const hostOption = z
  .string()
  .regex(/^[0-9A-Za-z._:-]{1,253}$/, "expected a host name or an address")
  .describe("Host name or address of the peer.")

export const portOption = z.int().min(1).max(65_535)

export const timeoutOption = z.int().min(100).max(600_000).default(30_000)
