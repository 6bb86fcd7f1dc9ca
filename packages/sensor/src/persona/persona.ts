/** Makes the machine that a sensor pretends to be, from its seed. */
import type { KeyObject } from "node:crypto"
import type { Persona } from "@propolis/core"
import { buildCertificate, certificatePem } from "./certificate.ts"
import { debian12Web } from "./data/debian-12-web.ts"
import { createDerivation, type Derivation } from "./derivation.ts"
import type { PatchLevel, PersonaTemplate } from "./persona-template.ts"

const dayMs = 86_400_000

/** Every persona of this release. A new one is a data file and a line here. */
export const personaTemplates: readonly PersonaTemplate[] = [debian12Web]

export function findPersonaTemplate(name: string): PersonaTemplate | undefined {
  return personaTemplates.find((template) => template.name === name)
}

export interface PersonaOptions {
  readonly template: PersonaTemplate
  readonly seed: Uint8Array
  /** Unix milliseconds of the sensor's first start: the machine is older than this, and does not age with restarts. */
  readonly createdAt: number
}

/** The persona of a seed. The same options give the same persona, on every start and every machine. */
export function createPersona(options: PersonaOptions): Persona {
  const { template, createdAt } = options
  const derivation = createDerivation(options.seed)
  const hostName = fillName(template, derivation)
  const domain = `${derivation.pick("domain word", template.domainWords)}.${derivation.pick("domain suffix", template.domainSuffixes)}`
  // Up for 4 to 60 days when the sensor first started, installed 90 to 500 days before that; whole seconds, as certificates have.
  const bootedAt = wholeSecond(createdAt - 4 * dayMs - derivation.integer("uptime", 56 * dayMs))
  const installedAt = wholeSecond(bootedAt - 90 * dayMs - derivation.integer("age", 410 * dayMs))
  const level = patchLevelAt(template, bootedAt)
  return {
    name: template.name,
    hostName,
    domain,
    system: { ...template.system, kernel: level.kernel, kernelBuild: level.kernelBuild },
    bootedAt,
    installedAt,
    users: template.users.map((choices, i) => ({
      name: derivation.pick(`user ${i}`, choices),
      password: derivation.pick(`password ${i}`, template.passwords),
    })),
    products: { ...template.products, ...level.products },
    derive: (label, count) => derivation.bytes(`emulator:${label}`, count),
  }
}

/** What the machine had installed when it last started: the newest versions that were out by then. */
function patchLevelAt(template: PersonaTemplate, unixMs: number): PatchLevel {
  const out = template.patchLevels.filter((level) => Date.parse(level.since) <= unixMs)
  return out.at(-1) ?? template.patchLevels[0]!
}

function fillName(template: PersonaTemplate, derivation: Derivation): string {
  const number = String(1 + derivation.integer("host number", 24)).padStart(2, "0")
  return derivation
    .pick("host name", template.hostNames)
    .replace("{n}", number)
    .replace("{s}", derivation.pick("site", template.sites))
}

function wholeSecond(unixMs: number): number {
  return Math.floor(unixMs / 1_000) * 1_000
}

/** The certificate that the machine made for itself on the day of its installation, valid for ten years. */
export function personaCertificate(persona: Persona, privateKey: KeyObject): string {
  return certificatePem(
    buildCertificate({
      commonName: `${persona.hostName}.${persona.domain}`,
      serial: persona.derive("certificate serial", 20),
      notBefore: persona.installedAt,
      validDays: 3_650,
      privateKey,
    }),
  )
}
