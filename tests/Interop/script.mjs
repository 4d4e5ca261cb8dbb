// What the scripts of this folder share: one JSON value on standard input, one JSON line on
// standard output, exit code 0 when the check held and 1 when it did not.
import { createHash, timingSafeEqual } from 'node:crypto';
import { calculateJwkThumbprint, flattenedVerify, importJWK } from 'jose';

/** A check that did not hold: reported with its code, not as a fault. */
export class CheckFailed extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export function require(condition, code, message) {
  if (!condition) throw new CheckFailed(code, message);
}

/** Runs check(input) and prints {ok, …}. */
export async function run(check) {
  let answer;
  try {
    const chunks = [];
    for await (const chunk of process.stdin) chunks.push(chunk);
    const input = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    answer = { ok: true, ...(await check(input)) };
  } catch (error) {
    answer = { ok: false, code: error.code ?? 'fault', error: error.message };
    process.exitCode = 1;
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

export const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export const sameBytes = (a, b) => a.length === b.length && timingSafeEqual(a, b);

export const decodeJson = (base64url) => JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));

/** An object as it is, a string parsed as JSON if it is a JSON object. */
export const asObject = (value) =>
  (typeof value === 'string' && value.trimStart().startsWith('{') ? JSON.parse(value) : value);

/** A compact or general JWS as {payload, signatures: [{protected, signature, header?}]}. */
export function signaturesOf(jws) {
  const value = asObject(jws);
  if (typeof value === 'string') {
    const parts = value.split('.');
    require(parts.length === 3, 'malformed', 'A compact JWS has three parts.');
    return { payload: parts[1], signatures: [{ protected: parts[0], signature: parts[2] }] };
  }
  if (value.signatures === undefined) {
    return { payload: value.payload, signatures: [{ protected: value.protected, signature: value.signature }] };
  }
  return value;
}

/** Maps RFC 7638 thumbprints to public keys. */
export async function keysByThumbprint(jwks) {
  const keys = new Map();
  for (const jwk of jwks) keys.set(await calculateJwkThumbprint(jwk), await importJWK(jwk, 'ES256'));
  return keys;
}

/** Verifies every signature, each by the key that its kid (or its jwk) names; returns the headers. */
export async function verifyEach(jws, keys) {
  const { payload, signatures } = signaturesOf(jws);
  require(Array.isArray(signatures) && signatures.length > 0, 'malformed', 'No signature.');
  const headers = [];
  const seen = new Set();
  for (const { protected: encoded, signature } of signatures) {
    const header = decodeJson(encoded);
    const kid = header.kid ?? (header.jwk && (await calculateJwkThumbprint(header.jwk)));
    const key = keys.get(kid);
    require(key !== undefined, 'unknown_key', `No key with the thumbprint ${kid}.`);
    require(!seen.has(kid), 'duplicate_signer', `Two signatures by ${kid}.`);
    seen.add(kid);
    await flattenedVerify({ payload, protected: encoded, signature }, key, { algorithms: ['ES256'] });
    headers.push({ ...header, kid });
  }
  return headers;
}
