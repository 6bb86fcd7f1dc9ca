import { expect, test } from "vitest"
import { dayChoices, oneOf, textOf } from "./search-params.ts"

test.each([
  [30, { days: 30 }],
  ["30", { days: 30 }],
  [7, {}],
  [31, {}],
  ["thirty", {}],
  [undefined, {}],
  [{}, {}],
])("days=%o of the URL", (value, expected) => {
  expect(oneOf("days", value, dayChoices, 7)).toEqual(expected)
})

test.each([
  ["Telnet", { service: "Telnet" }],
  [22, { service: "22" }],
  ["", {}],
  ["x".repeat(2_001), {}],
  [["Telnet"], {}],
])("service=%o of the URL", (value, expected) => {
  expect(textOf("service", value)).toEqual(expected)
})
