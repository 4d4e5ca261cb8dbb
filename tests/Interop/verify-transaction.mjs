// Verifies a transaction with npm's jose.
// Input:  {transaction: compact JWS or general JWS (object or JSON text), jwk | jwks: public keys of the signers}
// Output: {ok, id (64 hex digits), payload, headers}
import { calculateJwkThumbprint } from 'jose';
import { asObject, decodeJson, keysByThumbprint, require, run, sha256, signaturesOf, verifyEach } from './script.mjs';

const permittedHeaders = new Set(['alg', 'typ', 'kid', 'jwk']);

await run(async ({ transaction, jwk, jwks }) => {
  const form = asObject(transaction);
  const headers = await verifyEach(form, await keysByThumbprint(jwks ?? [jwk]));
  for (const header of headers) {
    require(header.typ === 'cf+jws', 'malformed', `typ is ${header.typ}`);
    for (const name of Object.keys(header)) require(permittedHeaders.has(name), 'malformed', `header member ${name}`);
    if (header.jwk) {
      require(await calculateJwkThumbprint(header.jwk) === header.kid, 'malformed', 'jwk does not hash to kid');
    }
  }
  const encoded = signaturesOf(form).payload;
  const payload = decodeJson(encoded);
  const members = ['act', 'arg', 'by', 'exp', 'iat', 'iss', 'jti', 'net'];
  const wrong = Object.keys(payload).filter((name) => !members.includes(name))
    .concat(members.filter((name) => name !== 'by' && !(name in payload)));
  require(wrong.length === 0, 'malformed', `payload members: ${wrong.join(', ')}`);
  const signers = payload.by ?? [payload.iss];
  require(signers.length === headers.length, 'malformed', 'the signatures are not those of `by`');
  return { id: sha256('cf-tx\0', encoded).toString('hex'), payload, headers };
});
