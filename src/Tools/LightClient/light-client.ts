#!/usr/bin/env node
// Verifies a light file: genesis, changes of validators, receipts. Prints one line of JSON; exit code 0 if
// all that it holds is believed, 1 if anything is refused, 2 if it was called wrongly. See README.md.
import { readFile } from 'node:fs/promises';
import { fromBase64url } from './bytes.js';
import { checkReceipt } from './receipts.js';
import { Refused, require } from './refused.js';
import { Members, parse, type Json } from './strict-json.js';
import { TrustedValidators } from './trusted-validators.js';

interface Verdict {
  ok: boolean;
  net?: string;
  /** The heights of the blocks that certify the receipts. */
  heights: number[];
  changes: { height?: number; ok: boolean; code?: string; reason?: string; detail?: string }[];
  receipts: { id?: string; height?: number; status?: string; ok: boolean; code?: string; reason?: string; detail?: string }[];
  code?: string;
  detail?: string;
}

/** A refusal as it is told; anything else is a fault of this program. */
function told(error: unknown): { ok: false; code: string; reason?: string; detail: string } {
  if (!(error instanceof Refused)) throw error;
  return { ok: false, code: error.code, ...(error.reason === undefined ? {} : { reason: error.reason }), detail: error.message };
}

/** The id that a receipt claims, to tell a refused one by. */
function claimedId(receipt: Json): { id?: string } {
  const id = typeof receipt === 'object' && receipt !== null && !Array.isArray(receipt) ? receipt['id'] : undefined;
  return typeof id === 'string' ? { id } : {};
}

async function verify(bytes: Uint8Array, expectedNet: string | undefined): Promise<Verdict> {
  const verdict: Verdict = { ok: false, heights: [], changes: [], receipts: [] };
  try {
    const file = new Members(parse(bytes), 'the file');
    require(file.integer('format', 1) === 1, 'malformed', 'a file of another format');
    const trusted = await TrustedValidators.begin(fromBase64url(file.text('genesis')), fromBase64url(file.text('validators')));
    const [changes, receipts] = [file.array('changes'), file.array('receipts')];
    file.end();
    verdict.net = trusted.net;
    require(expectedNet === undefined || expectedNet === trusted.net, 'wrong_net', 'the file is of another ledger than was asked for');
    for (const change of changes) {
      try {
        verdict.changes.push({ height: await trusted.advance(change), ok: true });
      } catch (error) {
        verdict.changes.push(told(error));
        // What comes after would be judged by validators that are not known.
        break;
      }
    }
    for (const receipt of receipts) {
      try {
        const { id, height, status } = await checkReceipt(receipt, trusted);
        verdict.receipts.push({ id, height, status, ok: true });
      } catch (error) {
        verdict.receipts.push({ ...claimedId(receipt), ...told(error) });
      }
    }
    verdict.heights = [...new Set(verdict.receipts.flatMap(({ height }) => height ?? []))].sort((a, b) => a - b);
    verdict.ok = [...verdict.changes, ...verdict.receipts].every(({ ok }) => ok);
  } catch (error) {
    const { code, detail } = told(error);
    return { ...verdict, code, detail };
  }
  return verdict;
}

const [path, expectedNet, ...more] = process.argv.slice(2);
if (path === undefined || more.length > 0 || (expectedNet !== undefined && !/^[0-9a-f]{64}$/.test(expectedNet))) {
  process.stderr.write('Usage: light-client FILE [NET]\n');
  process.exitCode = 2;
} else {
  const started = performance.now();
  const verdict = await verify(await readFile(path), expectedNet);
  process.stdout.write(`${JSON.stringify({ ...verdict, milliseconds: Math.round(performance.now() - started) })}\n`);
  process.exitCode = verdict.ok ? 0 : 1;
}
