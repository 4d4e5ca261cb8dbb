import { calculateJwkThumbprint, importJWK, type CryptoKey, type JWK } from 'jose';
import { fromBase64url, hex, sha256 } from './bytes.js';
import { require } from './refused.js';
import { Members, parse, type Json } from './strict-json.js';

/** A validator as certificates need it. */
export interface Validator {
  readonly name: string;
  readonly key: CryptoKey;
  readonly weight: number;
}

/** The validators of a height, by the thumbprints of their consensus keys. */
export interface ValidatorSet {
  readonly digest: string;
  readonly byKeyId: ReadonlyMap<string, Validator>;
  /** floor(2n/3) + 1 of the weights. */
  readonly quorum: bigint;
}

/** Reads a list of validators whose exact bytes a header names by their SHA-256. */
export async function readList(bytes: Uint8Array): Promise<ValidatorSet> {
  const list = parse(bytes);
  require(Array.isArray(list) && list.length > 0, 'malformed', 'no list of validators');
  return readEntries(list, hex(await sha256(bytes)));
}

/**
 * Reads the list of the first validators and compares it with the genesis document, entry by entry: the
 * digest that headers name is over the list ordered by account, whose spelling need not be that of genesis.
 */
export async function readFirstList(bytes: Uint8Array, genesis: Json[]): Promise<ValidatorSet> {
  const list = parse(bytes);
  require(Array.isArray(list), 'malformed', 'no list of validators');
  const ordered = list.map(account);
  require(ordered.every((each, at) => at === 0 || (ordered[at - 1] as string) < each), 'malformed', 'the list is not ordered by account');
  const spelled = new Map(genesis.map((entry) => [account(entry), spell(entry)]));
  require(
    spelled.size === genesis.length && list.length === genesis.length
      && list.every((entry) => spelled.get(account(entry)) === spell(entry)),
    'validators_mismatch', 'the first validators are not those of genesis');
  return readList(bytes);
}

const account = (entry: Json): string => hex(fromBase64url(new Members(entry, 'a validator').text('account')));

/** All that an entry says, in one order: readList refuses what says more. */
function spell(entry: Json): string {
  const members = new Members(entry, 'a validator');
  const keys = ['consensus_key', 'vrf_key'].map((name) => readJwk(members.any(name)));
  return JSON.stringify([members.text('name'), members.text('account'), members.integer('weight', 1), keys.map(({ x, y }) => [x, y])]);
}

async function readEntries(list: Json[], digest: string): Promise<ValidatorSet> {
  const byKeyId = new Map<string, Validator>();
  const accounts = new Set<string>();
  let total = 0n;
  for (const entry of list) {
    const members = new Members(entry, 'a validator');
    const name = members.text('name');
    accounts.add(members.text('account'));
    const jwk = readJwk(members.any('consensus_key'));
    readJwk(members.any('vrf_key'));
    const weight = members.integer('weight', 1);
    members.end();
    byKeyId.set(await calculateJwkThumbprint(jwk), { name, key: await readKey(jwk), weight });
    total += BigInt(weight);
  }
  require(byKeyId.size === list.length && accounts.size === list.length, 'malformed', 'validators share a key or an account');
  require(total <= BigInt(Number.MAX_SAFE_INTEGER), 'malformed', 'the weights are too large');
  return { digest, byKeyId, quorum: (2n * total) / 3n + 1n };
}

function readJwk(value: Json): JWK & { kty: string; crv: string; x: string; y: string } {
  const members = new Members(value, 'a key');
  const jwk = { kty: members.text('kty'), crv: members.text('crv'), x: members.text('x'), y: members.text('y') };
  members.end();
  require(jwk.kty === 'EC' && jwk.crv === 'P-256', 'malformed', 'a key of another kind');
  require(fromBase64url(jwk.x).length === 32 && fromBase64url(jwk.y).length === 32, 'malformed', 'a key of another size');
  return jwk;
}

async function readKey(jwk: JWK): Promise<CryptoKey> {
  try {
    return (await importJWK(jwk, 'ES256')) as CryptoKey;
  } catch {
    require(false, 'malformed', 'a key that is no point of the curve');
  }
}
