/**
 * TLS as servers on Debian 12 speak it (apache2 2.4 with mod_ssl's ssl.conf, OpenSSL 3.0), not as Node
 * does: versions, cipher suites, groups and tickets are what scanners tell servers apart by.
 */
import { constants } from "node:crypto"
import { createSecureContext, type SecureContext } from "node:tls"

export function createServerContext(pem: { readonly key: string; readonly cert: string }): SecureContext {
  return createSecureContext({
    key: pem.key,
    cert: pem.cert,
    // Debian's OpenSSL has no older version at its security level; who offers none is recorded as a tlsError.
    minVersion: "TLSv1.2",
    // SSLCipherSuite HIGH:!aNULL, in the client's order (SSLHonorCipherOrder off). OpenSSL 3.0 counts CCM8 among
    // the high ones, later ones only at level 0; what else that level would let in, versions and sigalgs keep out.
    ciphers:
      "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:HIGH:DHE-RSA-AES256-CCM8:DHE-RSA-AES128-CCM8:AES256-CCM8:AES128-CCM8:!aNULL:@SECLEVEL=0",
    sigalgs:
      "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512:ECDSA+SHA224:RSA+SHA224",
    honorCipherOrder: false,
    dhparam: "auto",
    // OpenSSL 3.0's groups; later ones prefer ML-KEM.
    ecdhCurve: "X25519:P-256:X448:P-521:P-384",
    // SSLSessionCacheTimeout; SSLSessionTickets off.
    sessionTimeout: 300,
    secureOptions: constants.SSL_OP_NO_TICKET,
  })
}

/**
 * Those of `protocols` to agree on, given the beginning of a ClientHello; `undefined` where the client
 * offers none of them: Node would end the hand-shake, Apache goes on without.
 */
export function offeredProtocols(
  protocols: readonly string[] | undefined,
  hello: Uint8Array,
): string[] | undefined {
  const text = Buffer.from(hello.buffer, hello.byteOffset, hello.byteLength)
  const offered = protocols?.filter((name) =>
    text.includes(String.fromCharCode(name.length) + name, 0, "latin1"),
  )
  return offered === undefined || offered.length === 0 ? undefined : offered
}
