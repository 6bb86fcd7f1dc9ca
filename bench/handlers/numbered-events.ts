/** Events that tell by their id which they are, so that a peer sees at once what is missing, doubled or out of order. */
import type { Journal } from "@propolis/journal"

const eventsPerBlock = 200

/** One line of the wire format; `number` stands in the last 12 digits of its id. */
export function numberedLine(number: number): string {
  const hex = number.toString(16).padStart(12, "0")
  const source = `198.51.${(number >> 8) & 0xff}.${number & 0xff}`
  return `{"v":1,"id":"01890000-0000-7000-8000-${hex}","time":${1_700_000_000_000 + number},"sensor":"torture","session":"01890000-0000-7000-9000-${hex}","seq":0,"protocol":"TCP","event":"RX","service":"Telnet","emulator":"telnet","localHost":"10.0.0.1","localPort":10023,"remoteHost":"${source}","remotePort":40000,"bytes":12,"data":"cm9vdA0KMTIzNDUNCg==","sha256":"b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184","attributes":{"username":"root"}}\n`
}

/** Appends events `first` to `first + count - 1`. */
export function appendNumbered(journal: Journal, first: number, count: number): void {
  for (let done = 0; done < count; done += eventsPerBlock) {
    const block = Math.min(eventsPerBlock, count - done)
    let text = ""
    for (let i = 0; i < block; i++) text += numberedLine(first + done + i)
    journal.append(Buffer.from(text), block)
  }
}

const idStart = '{"v":1,"id":"01890000-0000-7000-8000-'.length

/** The numbers of a body of NDJSON, in order. */
export function numbersOf(body: Buffer): number[] {
  const numbers: number[] = []
  for (let start = 0; start < body.length; start = body.indexOf(0x0a, start) + 1) {
    numbers.push(Number.parseInt(body.toString("latin1", start + idStart, start + idStart + 12), 16))
  }
  return numbers
}

/** Watches what one handler's peer gets: every number once and in order, but for repetitions. */
export class OrderWatch {
  /** The number that comes next. */
  next = 0
  /** Events that came again. */
  repeated = 0
  /** Times that numbers were left out. */
  gaps = 0
  batches = 0
  largestBatch = 0

  take(numbers: readonly number[]): void {
    this.batches++
    this.largestBatch = Math.max(this.largestBatch, numbers.length)
    for (const number of numbers) {
      if (number < this.next) this.repeated++
      else {
        if (number > this.next) this.gaps++
        this.next = number + 1
      }
    }
  }
}
