import { gunzipSync } from "node:zlib"
import type { LogHandler } from "@propolis/core"
import { batchOf, oddEvents } from "@propolis/testkit/log-handler"
import { describe, expect, it } from "vitest"
import {
  describeHttpHandler,
  type HttpSubject,
  withHttpSubject,
} from "../http/describe-http-handler.test-support.ts"
import { answer } from "../http/fake-http-peer.test-support.ts"
import { baseUrlOf, s3LogHandler } from "./s3-handler.ts"
import { encodeStrictly, sha256Hex, signRequest } from "./sigv4.ts"

const never = new AbortController().signal
const emptySha256 = sha256Hex("")

describe("signature version 4, by the examples of Amazon's documentation", () => {
  const s3 = {
    credentials: {
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    },
    scope: { region: "us-east-1", service: "s3" },
    timeMs: Date.parse("2013-05-24T00:00:00Z"),
    host: "https://examplebucket.s3.amazonaws.com",
  }
  const put = sha256Hex("Welcome to Amazon S3.")
  it.each([
    [
      "GET an object",
      "GET",
      "/test.txt",
      { range: "bytes=0-9", "x-amz-content-sha256": emptySha256 },
      emptySha256,
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ],
    [
      "PUT an object",
      "PUT",
      `/${encodeStrictly("test$file.text")}`,
      {
        date: "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": put,
      },
      put,
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ],
    [
      "GET a bucket's lifecycle",
      "GET",
      "/?lifecycle",
      { "x-amz-content-sha256": emptySha256 },
      emptySha256,
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ],
    [
      "GET a list of objects",
      "GET",
      "/?max-keys=2&prefix=J",
      { "x-amz-content-sha256": emptySha256 },
      emptySha256,
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ],
  ])("%s", (_, method, path, headers, bodySha256, signature) => {
    const url = new URL(`${s3.host}${path}`)
    const request = { method, url, headers: headers as Record<string, string>, bodySha256 }
    const { authorization } = signRequest(request, s3.scope, s3.credentials, s3.timeMs)
    expect(authorization).toContain("Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ")
    expect(authorization).toMatch(new RegExp(`Signature=${signature}$`))
  })

  it.each([
    ["get-vanilla", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    [
      "get-vanilla-query-order-key-case",
      "/?Param2=value2&Param1=value1",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
  ])("the test suite's %s", (_, path, signature) => {
    const credentials = {
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    }
    const url = new URL(`https://example.amazonaws.com${path}`)
    const request = { method: "GET", url, headers: {}, bodySha256: emptySha256 }
    const scope = { region: "us-east-1", service: "service" }
    const { authorization } = signRequest(request, scope, credentials, Date.parse("2015-08-30T12:36:00Z"))
    expect(authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    )
  })
})

const secretAccessKey = "secret-that-nobody-may-see"
const subject: HttpSubject = {
  handler: s3LogHandler as LogHandler,
  options: (url) => ({ endpoint: url, bucket: "honey", accessKeyId: "AKID", secretAccessKey }),
  right(request, take) {
    const lines = gunzipSync(request.body).toString().split("\n").slice(0, -1)
    take(lines.map((line) => (JSON.parse(line) as { id: string }).id))
    return answer(200, "", { etag: '"x"' })
  },
  secrets: [secretAccessKey],
}

describeHttpHandler("s3", subject)

describe("s3's objects", () => {
  it("are put under hour, sensor and first event, signed over everything that was sent", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const handler = await open({ storageClass: "STANDARD_IA", sessionToken: "token" })
      const events = oddEvents(0, 6)
      await handler.deliver(batchOf(1, events), never)
      const [request] = peer.requests
      expect(request).toMatchObject({
        method: "PUT",
        path: `/honey/propolis/2023/11/14/22/sensor-1-${events[0]!.id}-6.ndjson.gz`,
      })
      expect(request!.headers["x-amz-content-sha256"]).toBe(sha256Hex(request!.body))
      expect(request!.headers).toMatchObject({
        "content-type": "application/gzip",
        "x-amz-date": "20231114T221320Z",
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-security-token": "token",
        authorization: expect.stringMatching(
          /^AWS4-HMAC-SHA256 Credential=AKID\/20231114\/us-east-1\/s3\/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-storage-class, Signature=[0-9a-f]{64}$/,
        ),
      })
      expect(gunzipSync(request!.body).equals(Buffer.from(batchOf(1, events).ndjson))).toBe(true)
    }))

  it("have the same key when a batch is sent again", () =>
    withHttpSubject(subject, async ({ peer, open }) => {
      const batch = batchOf(1, oddEvents(0, 6))
      for (let n = 0; n < 2; n++) await (await open()).deliver(batch, never)
      expect(peer.requests[0]!.path).toBe(peer.requests[1]!.path)
    }))

  it.each([
    [{}, "https://honey.s3.eu-central-1.amazonaws.com"],
    [{ pathStyle: true }, "https://s3.eu-central-1.amazonaws.com/honey"],
    [{ endpoint: "http://127.0.0.1:9000/" }, "http://127.0.0.1:9000/honey"],
    [{ endpoint: "https://store.example/s3/" }, "https://store.example/s3/honey"],
    [{ endpoint: "https://store.example", pathStyle: false }, "https://honey.store.example"],
  ])("are with %j below %s", (more, url) => {
    expect(baseUrlOf({ bucket: "honey", region: "eu-central-1", ...more })).toBe(url)
  })

  it.each([
    ["a bucket of capitals", { bucket: "Honey" }],
    ["a prefix that has to be encoded", { prefix: "a b" }],
  ])("refuse %s", (_, more) => {
    const options = { bucket: "honey", accessKeyId: "a", secretAccessKey: "b", ...more }
    expect(s3LogHandler.options.safeParse(options).success).toBe(false)
  })
})
