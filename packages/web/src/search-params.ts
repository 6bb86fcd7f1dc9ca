/** Filters live in the URL: whatever stands there is checked here, and a default is left out. */
export const hourChoices = [1, 6, 24, 168] as const
export const dayChoices = [1, 7, 30, 90] as const

export function oneOf<Name extends string>(
  name: Name,
  value: unknown,
  choices: readonly number[],
  fallback: number,
): { [name in Name]?: number } {
  const number = Number(value)
  if (number === fallback || !choices.includes(number)) return {}
  return { [name]: number } as { [name in Name]?: number }
}

export function textOf<Name extends string>(name: Name, value: unknown): { [name in Name]?: string } {
  // A service called "22" arrives as a number.
  const text = typeof value === "number" ? String(value) : value
  if (typeof text !== "string" || text === "" || text.length > 2_000) return {}
  return { [name]: text } as { [name in Name]?: string }
}
