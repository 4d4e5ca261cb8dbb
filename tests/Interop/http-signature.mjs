// Signs a request or verifies a signed message with npm's http-message-signatures (RFC 9421,
// ecdsa-p256-sha256 through WebCrypto), with Digest Fields (RFC 9530).
// Input:  {op: "sign", request: {method, url, headers, body?}, jwk: private key, keyid, fields?, created?}
//    or   {op: "verify", response: {status, headers, body?} (or only request), request?, jwk: public key,
//          keyid?, fields?: those that must be signed, now?: unix seconds}
//         A body is base64url. fields default to what the message has of @method, @target-uri, content-digest.
// Output: {ok, headers} or {ok, parameters}, those of the signature
import { webcrypto } from 'node:crypto';
import { httpbis } from 'http-message-signatures';
import { require, run, sameBytes, sha256 } from './script.mjs';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const name = 'ecdsa-p256-sha256';

const importKey = ({ kty, crv, x, y, d }, use) =>
  webcrypto.subtle.importKey('jwk', { kty, crv, x, y, ...(use === 'sign' ? { d } : {}) }, algorithm, false, [use]);

const bodyOf = (message) => (message.body === undefined ? null : Buffer.from(message.body, 'base64url'));

const find = (headers, field) => Object.entries(headers).find(([key]) => key.toLowerCase() === field)?.[1];

function checkContentDigest(message) {
  const body = bodyOf(message);
  if (body === null) return;
  const field = find(message.headers, 'content-digest');
  require(field !== undefined, 'no_content_digest', 'The message has a body and no Content-Digest.');
  const digest = /(?:^|,\s*)sha-256=:([A-Za-z0-9+/=]+):/.exec(field)?.[1];
  require(digest !== undefined, 'no_content_digest', 'Content-Digest has no sha-256.');
  require(sameBytes(Buffer.from(digest, 'base64'), sha256(body)), 'content_digest_mismatch', 'The body is not the one signed.');
}

async function sign({ request, jwk, keyid, fields, created }) {
  const key = await importKey(jwk, 'sign');
  const body = bodyOf(request);
  const headers = { ...request.headers };
  if (body !== null) headers['Content-Digest'] = `sha-256=:${sha256(body).toString('base64')}:`;
  const signed = await httpbis.signMessage({
    key: {
      id: keyid,
      alg: name,
      sign: async (data) => Buffer.from(await webcrypto.subtle.sign(algorithm, key, data)),
    },
    name: 'sig1',
    params: ['created', 'keyid', 'alg'],
    paramValues: created === undefined ? {} : { created: new Date(created * 1000) },
    fields: fields ?? ['@method', '@target-uri', ...(body === null ? [] : ['content-digest'])],
  }, { method: request.method, url: request.url, headers });
  return { headers: signed.headers };
}

async function verify({ request, response, jwk, keyid, fields, now }) {
  const key = await importKey(jwk, 'verify');
  const message = response ?? request;
  // A sandbox ledger has a clock of its own; the library reads only this process's.
  if (now !== undefined) Date.now = () => now * 1000;
  let parameters = null;
  const valid = await httpbis.verifyMessage({
    keyLookup: async (found) => (keyid !== undefined && found.keyid !== keyid ? null : {
      id: found.keyid,
      algs: [name],
      verify: async (data, signature, all) => {
        parameters = all;
        return webcrypto.subtle.verify(algorithm, key, signature, data);
      },
    }),
    tolerance: 30,
    all: true,
    requiredParams: ['created', 'keyid'],
    requiredFields: fields ?? [
      ...(response ? ['@status'] : ['@method', '@target-uri']),
      ...(message.body === undefined ? [] : ['content-digest']),
    ],
  }, message, response ? request : undefined);
  require(valid === true, 'signature_invalid', valid === null ? 'No signature.' : 'The signature does not hold.');
  checkContentDigest(message);
  return { parameters };
}

await run(async (input) => {
  require(input.op === 'sign' || input.op === 'verify', 'malformed', 'op is sign or verify');
  return input.op === 'sign' ? sign(input) : verify(input);
});
