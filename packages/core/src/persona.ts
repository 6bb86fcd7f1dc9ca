/**
 * The persona: one description of the machine pretended, generated once per sensor from a seed and
 * used by every emulator, so that banners, certificates and shells agree with each other.
 */
export interface Persona {
  /** `debian-12-web` */
  readonly name: string
  /** Short host name: `web-3f` */
  readonly hostName: string
  /** Domain without a leading dot: `corp.example` */
  readonly domain: string
  readonly system: {
    readonly family: "linux" | "windows" | "embedded"
    /** `Debian GNU/Linux 12 (bookworm)` */
    readonly title: string
    /** Issue line as `/etc/issue` has it, without escapes: `Debian GNU/Linux 12` */
    readonly issue: string
    /** `6.1.0-28-amd64` */
    readonly kernel: string
    /** `#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)` */
    readonly kernelBuild: string
    /** `x86_64` */
    readonly machine: string
  }
  /** Unix milliseconds since which the machine claims to be up. */
  readonly bootedAt: number
  /** Unix milliseconds of its installation; certificates and files are not newer than bootedAt nor older than this. */
  readonly installedAt: number
  readonly users: readonly { readonly name: string; readonly password?: string }[]
  /** Product by kind: `http` → Apache httpd 2.4.62 … */
  readonly products: Readonly<Record<string, Product>>
  /**
   * Bytes that this sensor always derives the same from its seed for a label: two sensors differ,
   * one never contradicts itself.
   */
  derive(label: string, count: number): Uint8Array
}

export interface Product {
  /** `Apache` */
  readonly name: string
  /** `2.4.62` */
  readonly version: string
  /** `(Debian)` */
  readonly extra?: string
}
