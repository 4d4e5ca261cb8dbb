// Decrypts a document of the vault (general JWE, ECDH-ES+A256KW) with npm's jose.
// Input:  {jwe: general JWE (object or JSON text), jwk: private key of one recipient,
//          record?: true when the plaintext is a padded confidential record, signers?: public keys of its authors}
// Output: {ok, protected, plaintext (base64url)}; of a record also {signed, original, headers, digest}
import { generalDecrypt, importJWK } from 'jose';
import { asObject, keysByThumbprint, require, run, sha256, signaturesOf, verifyEach } from './script.mjs';

const lengthBytes = 4;

await run(async ({ jwe, jwk, record, signers }) => {
  const key = await importJWK(jwk, 'ECDH-ES+A256KW');
  const { plaintext, protectedHeader } = await generalDecrypt(asObject(jwe), key, {
    keyManagementAlgorithms: ['ECDH-ES+A256KW'],
    contentEncryptionAlgorithms: ['A256GCM'],
  });
  const bytes = Buffer.from(plaintext);
  const answer = { protected: protectedHeader, plaintext: bytes.toString('base64url') };
  if (!record) return answer;

  require(bytes.length >= lengthBytes, 'malformed', 'no length');
  const end = lengthBytes + bytes.readUInt32BE(0);
  require(end <= bytes.length, 'malformed', 'the length is beyond the plaintext');
  require(bytes.subarray(end).every((byte) => byte === 0), 'malformed', 'the padding is not zero');
  const signed = bytes.subarray(lengthBytes, end).toString('utf8');
  const original = Buffer.from(signaturesOf(signed).payload, 'base64url');
  if (signers !== undefined) {
    answer.headers = await verifyEach(signed, await keysByThumbprint(signers));
    for (const { typ } of answer.headers) require(typ === 'cf-record+jws', 'malformed', `typ is ${typ}`);
  }
  return { ...answer, signed, original: JSON.parse(original.toString('utf8')), digest: sha256(original).toString('hex') };
});
