import { flattenedVerify } from 'jose';
import { fromBase64url, hex, sha256 } from './bytes.js';
import { require } from './refused.js';
import { Members, parse, type Json } from './strict-json.js';
import type { ValidatorSet } from './validators.js';

const precommit = 'cf-precommit+jws';
const mostSignatures = 1024;

/** A block's header, with the id that its exact bytes have. */
export interface Header {
  readonly id: string;
  readonly net: string;
  readonly height: number;
  readonly builtRound: number;
  readonly transactionsRoot: string;
  readonly validators: string;
  readonly nextValidators: string;
}

export async function readHeader(bytes: Uint8Array): Promise<Header> {
  const members = new Members(parse(bytes), 'a header');
  require(members.integer('format', 1) === 1, 'malformed', 'a header of another format');
  members.integer('rules', 1);
  const height = members.integer('height', 1);
  require(members.has('parent') === (height > 1), 'malformed', 'every block but the first names its parent');
  for (const name of ['parent', 'checkpoint_root']) if (members.has(name)) members.digest(name);
  members.integer('time', 1);
  members.digest('randomness');
  require(fromBase64url(members.text('builder')).length === 32, 'malformed', 'a builder that is no account');
  const header = {
    id: hex(await sha256(bytes)),
    net: members.digest('net'),
    height,
    builtRound: members.integer('built_round', 0),
    transactionsRoot: members.digest('transactions_root'),
    validators: members.digest('validators'),
    nextValidators: members.digest('next_validators'),
  };
  members.end();
  return header;
}

/**
 * Checks that validators of a quorum signed for exactly this header and nobody else did. The certificate is
 * a general JWS (RFC 7515 section 7.2.1); its payload and its protected headers have one spelling.
 */
export async function checkCertificate(value: Json, header: Header, validators: ValidatorSet): Promise<void> {
  const certificate = readCertificate(value);
  const bad = (holds: boolean, reason: string, message: string): void => require(holds, 'bad_certificate', message, reason);
  bad(header.validators === validators.digest, 'other_validators', 'the header names other validators');
  bad(certificate.net === header.net, 'other_net', 'the votes are for another ledger');
  bad(certificate.height === header.height, 'other_height', 'the votes are for another height');
  bad(certificate.round >= header.builtRound, 'early_round', 'the votes are of a round before the block was built');
  bad(certificate.block === header.id, 'other_block', 'the votes are for another block');
  const signers = new Set<string>();
  let weight = 0n;
  for (const { kid } of certificate.signatures) {
    const validator = kid === undefined ? undefined : validators.byKeyId.get(kid);
    bad(validator !== undefined, 'unknown_signer', 'a signature is by nobody of the validators');
    bad(!signers.has(kid as string), 'repeated_signer', 'a validator signed twice');
    signers.add(kid as string);
    weight += BigInt(validator?.weight ?? 0);
  }
  bad(weight >= validators.quorum, 'no_quorum', `a weight of ${weight} signed, ${validators.quorum} is needed`);
  const verified = await Promise.all(certificate.signatures.map(async ({ kid, ...jws }) => {
    const validator = validators.byKeyId.get(kid as string);
    try {
      if (validator !== undefined) await flattenedVerify(jws, validator.key, { algorithms: ['ES256'] });
      return validator !== undefined;
    } catch {
      return false;
    }
  }));
  bad(verified.every((each) => each), 'bad_signature', 'a signature does not verify');
}

interface Signature {
  readonly kid: string | undefined;
  readonly payload: string;
  readonly protected: string;
  readonly signature: string;
}

interface Certificate {
  readonly net: string;
  readonly height: number;
  readonly round: number;
  readonly block: string;
  readonly signatures: Signature[];
}

/** Whatever has not the form of a certificate is a bad one, for the reason `malformed`. */
function readCertificate(value: Json): Certificate {
  try {
    const members = new Members(value, 'a certificate');
    const payload = members.text('payload');
    const list = members.array('signatures');
    members.end();
    require(list.length > 0 && list.length <= mostSignatures, 'malformed', 'no signature, or too many');
    const bytes = fromBase64url(payload);
    const vote = new Members(parse(bytes), 'a vote');
    const read = {
      net: vote.digest('net'),
      height: vote.integer('height', 1),
      round: vote.integer('round', 0),
      block: vote.digest('block'),
    };
    vote.end();
    require(JSON.stringify(read) === new TextDecoder().decode(bytes), 'malformed', 'a vote in another spelling');
    return { ...read, signatures: list.map((entry) => readSignature(entry, payload)) };
  } catch (error) {
    const message = error instanceof Error ? error.message : 'no certificate';
    return require(false, 'bad_certificate', message, 'malformed') as never;
  }
}

function readSignature(value: Json, payload: string): Signature {
  const members = new Members(value, 'a signature');
  const [encoded, signature] = [members.text('protected'), members.text('signature')];
  members.end();
  fromBase64url(signature);
  const header = new Members(parse(fromBase64url(encoded)), 'a protected header');
  require(header.text('alg') === 'ES256' && header.text('typ') === precommit, 'malformed', 'a signature of another kind than a precommit');
  const kid = header.has('kid') ? header.text('kid') : undefined;
  header.end();
  return { kid, payload, protected: encoded, signature };
}
