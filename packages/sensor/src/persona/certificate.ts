/**
 * The self-signed certificate that Debian's `make-ssl-cert generate-default-snakeoil` leaves on a
 * machine (ssl-cert 1.1.2, `openssl req -new -x509 -days 3650 -sha256`), byte for byte: a test
 * builds one beside openssl's and compares.
 */
import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto"
import { bytesFromText, bytesToBase64 } from "@propolis/core"
import {
  bitString,
  der,
  explicit,
  implicit,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
  setOfOne,
  time,
  unsignedInteger,
  utf8String,
} from "./der.ts"

const dayMs = 86_400_000

export interface CertificateSubject {
  /** `web-03.nordhaus.lan`; also the one DNS name. */
  readonly commonName: string
  /** 20 bytes; the top bit is cleared as openssl does. */
  readonly serial: Uint8Array
  /** Unix milliseconds; the certificate starts at the whole second. */
  readonly notBefore: number
  readonly validDays: number
  /** An RSA private key. */
  readonly privateKey: KeyObject
}

/** The certificate in DER (RFC 5280 §4.1). */
export function buildCertificate(subject: CertificateSubject): Uint8Array {
  const algorithm = sequence(objectIdentifier("1.2.840.113549.1.1.11"), nullValue()) // sha256WithRSAEncryption
  const name = sequence(setOfOne(sequence(objectIdentifier("2.5.4.3"), utf8String(subject.commonName))))
  const publicKey = createPublicKey(subject.privateKey)
  const serial = Uint8Array.from(subject.serial)
  serial[0] = serial[0]! & 0x7f
  const tbs = sequence(
    explicit(0, unsignedInteger(Uint8Array.of(2))), // version 3
    unsignedInteger(serial),
    algorithm,
    name,
    sequence(time(subject.notBefore), time(subject.notBefore + subject.validDays * dayMs)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions(subject.commonName, publicKey))),
  )
  return sequence(tbs, algorithm, bitString(sign("sha256", tbs, subject.privateKey)))
}

/** In openssl's order: the template's own two, then the key identifier that `req -x509` adds. */
function extensions(commonName: string, publicKey: KeyObject): Uint8Array[] {
  // RFC 5280 §4.2.1.2 (1): SHA-1 of the subjectPublicKey, without tag, length and unused bits.
  const pkcs1 = publicKey.export({ type: "pkcs1", format: "der" })
  const keyId = createHash("sha1").update(pkcs1).digest()
  return [
    extension("2.5.29.19", sequence()), // basicConstraints: CA:FALSE is the default and not encoded
    extension("2.5.29.17", sequence(implicit(2, bytesFromText(commonName)))),
    extension("2.5.29.14", octetString(keyId)),
  ]
}

function extension(identifier: string, value: Uint8Array): Uint8Array {
  return der(0x30, objectIdentifier(identifier), octetString(value))
}

/** PEM (RFC 7468) with lines of 64 characters. */
export function certificatePem(certificate: Uint8Array): string {
  const lines = bytesToBase64(certificate).match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`
}
