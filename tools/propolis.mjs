#!/usr/bin/env node
// The command `propolis` of a clone: the bootstrap brings the runtime and what is missing.
process.argv.splice(2, 0, "propolis")
await import("./bootstrap.mjs")
