import { concat, fromBase64url, fromHex, hex, int64, sha256, utf8 } from './bytes.js';
import { checkCertificate, readHeader } from './headers.js';
import { leafHash, rootOf } from './merkle.js';
import { require } from './refused.js';
import { isDigest, Members, parse, type Json } from './strict-json.js';
import type { TrustedValidators } from './trusted-validators.js';

/** What a receipt proves once it is checked. */
export interface Proved {
  readonly id: string;
  readonly height: number;
  readonly status: string;
}

const mostSignatures = 8;

/**
 * Checks all that a receipt says: the signed bytes have the id, id and outcome are in the block's tree, the
 * block is certified by the validators of its height. Signatures of the transaction itself rest on the
 * certificate, as the validators verified them: docs/integration.md, A receipt.
 */
export async function checkReceipt(value: Json, trusted: TrustedValidators): Promise<Proved> {
  const members = new Members(value, 'a receipt');
  const id = members.digest('id');
  const transaction = members.has('transaction') ? members.any('transaction') : undefined;
  const due = members.has('due') ? members.any('due') : undefined;
  const outcome = fromBase64url(members.text('outcome'));
  const path = new Members(members.any('path'), 'a path');
  const [index, size] = [path.integer('index', 0), path.integer('size', 1)];
  const hashes = path.array('hashes').map((hash) => {
    require(isDigest(hash), 'malformed', 'a hash of the path is no digest');
    return fromHex(hash);
  });
  path.end();
  const headerBytes = fromBase64url(members.text('header'));
  const certificate = members.any('certificate');
  members.end();
  require(index < size, 'malformed', 'the leaf is outside of the tree');
  const header = await readHeader(headerBytes);
  const status = readStatus(outcome);

  const validators = trusted.find(header);
  require(due === undefined || transaction === undefined, 'id_mismatch', 'both a transaction and due work');
  const actual = due !== undefined ? await dueId(due) : await transactionId(transaction ?? null);
  require(actual === id, 'id_mismatch', 'what the receipt holds has another id');
  const root = await rootOf(await leafHash(fromHex(id), outcome), index, size, hashes);
  require(root !== null && hex(root) === header.transactionsRoot, 'not_in_block', 'the path does not lead to the root of the header');
  await checkCertificate(certificate, header, validators);
  return { id, height: header.height, status };
}

function readStatus(outcome: Uint8Array): string {
  const value = parse(outcome);
  require(typeof value === 'object' && value !== null && !Array.isArray(value), 'malformed', 'the outcome is no object');
  const status = value['status'];
  require(
    typeof status === 'string' && ['accepted', 'refused', 'done', 'failed'].includes(status), 'malformed', 'the outcome has no status');
  return status;
}

/** SHA-256("cf-tx" 0 base64url(payload)); the payload is the middle of a compact JWS, or a member of a general one. */
async function transactionId(transaction: Json): Promise<string> {
  return hex(await sha256(utf8('cf-tx\0'), utf8(payloadOf(transaction))));
}

function payloadOf(transaction: Json): string {
  if (typeof transaction === 'string') {
    const parts = transaction.split('.');
    require(parts.length === 3 && parts.every((part) => fromBase64url(part).length > 0), 'id_mismatch', 'no compact JWS');
    return parts[1] as string;
  }
  const members = new Members(transaction, 'a transaction');
  const payload = members.text('payload');
  const signatures = members.array('signatures');
  members.end();
  require(signatures.length > 1 && signatures.length <= mostSignatures, 'id_mismatch', 'one signature in general form, or too many');
  fromBase64url(payload);
  return payload;
}

/** SHA-256("cf-due" 0 contract.timer 0 due id), the time as 8 bytes. */
async function dueId(due: Json): Promise<string> {
  const members = new Members(due, 'due work');
  const name = `${members.text('contract')}.${members.text('timer')}`;
  const [time, id] = [members.integer('due', 0), fromBase64url(members.text('id'))];
  members.end();
  return hex(await sha256(concat(utf8('cf-due\0'), utf8(`${name}\0`), int64(time), id)));
}
