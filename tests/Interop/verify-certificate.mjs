// Verifies a block certificate (a general JWS over {net, height, round, block}) with npm's jose.
// Input:  {certificate: general JWS (object or JSON text), header: base64url of the block header's bytes,
//          jwks: public consensus keys of all validators of that height, typ?: expected type}
// Output: {ok, payload, signers, quorum, typ}
import { decodeJson, keysByThumbprint, require, run, sameBytes, sha256, signaturesOf, verifyEach } from './script.mjs';

await run(async ({ certificate, header, jwks, typ }) => {
  const keys = await keysByThumbprint(jwks);
  const headers = await verifyEach(certificate, keys);
  const types = new Set(headers.map((each) => each.typ));
  require(types.size === 1, 'malformed', 'signatures of several types');
  const [type] = types;
  require(typ === undefined || type === typ, 'malformed', `typ is ${type}`);
  const quorum = Math.floor((2 * keys.size) / 3) + 1;
  require(headers.length >= quorum, 'no_quorum', `${headers.length} of ${keys.size} signed, ${quorum} needed`);
  const payload = decodeJson(signaturesOf(certificate).payload);
  require(Object.keys(payload).sort().join() === 'block,height,net,round', 'malformed', 'payload members');
  require(/^[0-9a-f]{64}$/.test(payload.block), 'malformed', 'block is not 64 lower-case hexadecimal digits');
  const block = sha256(Buffer.from(header, 'base64url'));
  require(sameBytes(block, Buffer.from(payload.block, 'hex')), 'other_block', 'the header hashes to another block id');
  return { payload, signers: headers.map((each) => each.kid), quorum, typ: type };
});
