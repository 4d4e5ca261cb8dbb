// Verifies a block certificate (a general JWS over {net, height, round, block}) with npm's jose.
// Input:  {certificate: general JWS (object or JSON text), header: base64url of the block header's bytes,
//          jwks: public consensus keys of all validators of that height, weights?: theirs (default 1 each),
//          typ?: expected type}
// Output: {ok, payload, signers, weight, quorum, typ}
import { calculateJwkThumbprint } from 'jose';
import { decodeJson, keysByThumbprint, require, run, sameBytes, sha256, signaturesOf, verifyEach } from './script.mjs';

await run(async ({ certificate, header, jwks, weights, typ }) => {
  const keys = await keysByThumbprint(jwks);
  const headers = await verifyEach(certificate, keys);
  const types = new Set(headers.map((each) => each.typ));
  require(types.size === 1, 'malformed', 'signatures of several types');
  const [type] = types;
  require(typ === undefined || type === typ, 'malformed', `typ is ${type}`);
  const weightOf = new Map();
  for (const [index, jwk] of jwks.entries()) {
    const weight = weights?.[index] ?? 1;
    require(Number.isSafeInteger(weight) && weight >= 1, 'malformed', `weight ${weight}`);
    weightOf.set(await calculateJwkThumbprint(jwk), weight);
  }
  const add = (sum, weight) => sum + weight;
  const quorum = Math.floor((2 * [...weightOf.values()].reduce(add, 0)) / 3) + 1;
  const weight = headers.map((each) => weightOf.get(each.kid)).reduce(add, 0);
  require(weight >= quorum, 'no_quorum', `a weight of ${weight} signed, ${quorum} needed`);
  const payload = decodeJson(signaturesOf(certificate).payload);
  require(Object.keys(payload).sort().join() === 'block,height,net,round', 'malformed', 'payload members');
  require(/^[0-9a-f]{64}$/.test(payload.block), 'malformed', 'block is not 64 lower-case hexadecimal digits');
  const block = sha256(Buffer.from(header, 'base64url'));
  require(sameBytes(block, Buffer.from(payload.block, 'hex')), 'other_block', 'the header hashes to another block id');
  return { payload, signers: headers.map((each) => each.kid), weight, quorum, typ: type };
});
