/** Where the activity chart puts its numbers and its times. Pure; times are in the reader's zone. */

/** Whole numbers from 0 to at least `max`, 1, 2 or 5 times a power of ten apart, some four of them above 0. */
export function countTicks(max: number): number[] {
  const rough = Math.max(1, max / 4)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10)
  const ticks = [0]
  while (ticks.at(-1)! < max || ticks.length === 1) ticks.push(ticks.at(-1)! + step)
  return ticks
}

const hourSteps = [1, 2, 3, 4, 6, 12, 24]
const daySteps = [1, 2, 3, 5, 7, 10, 15, 30, 60]

/**
 * Times for labels between `from` and `to` (Unix ms), at most `most` of them: full hours of the local day where the
 * span is two days or less, local midnights above. Days of 23 and 25 hours move nothing: it is the calendar that counts.
 */
export function timeTicks(from: number, to: number, most: number): number[] {
  const hours = (to - from) / 3_600_000
  const byHour = hours <= 48
  const [steps, units] = byHour ? [hourSteps, hours] : [daySteps, hours / 24]
  const step = steps.find((size) => units / size <= most) ?? steps.at(-1)!
  const at = new Date(from)
  at.setHours(0, 0, 0, 0)
  const ticks: number[] = []
  while (at.getTime() <= to) {
    if (at.getTime() >= from) ticks.push(at.getTime())
    const whole = ticks.length > 0 || byHour ? step : 1
    if (byHour) at.setHours(at.getHours() + whole)
    else at.setDate(at.getDate() + whole)
  }
  return ticks
}
