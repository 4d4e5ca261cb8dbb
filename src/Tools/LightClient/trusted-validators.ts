import { fromBase64url, hex, sha256 } from './bytes.js';
import { checkCertificate, readHeader, type Header } from './headers.js';
import { require } from './refused.js';
import { Members, parse, type Json } from './strict-json.js';
import { readFirstList, readList, type ValidatorSet } from './validators.js';

interface Period {
  readonly from: number;
  readonly set: ValidatorSet;
  readonly announcedIn: string | undefined;
}

/** The validators of every height, from genesis along certified changes. */
export class TrustedValidators {
  readonly net: string;
  readonly #periods: Period[];

  private constructor(net: string, first: ValidatorSet) {
    this.net = net;
    this.#periods = [{ from: 1, set: first, announcedIn: undefined }];
  }

  /** Begins with a genesis document, whose digest the caller trusts, and the list of its validators. */
  static async begin(genesis: Uint8Array, firstList: Uint8Array): Promise<TrustedValidators> {
    const members = new Members(parse(genesis), 'the genesis document');
    require(members.integer('format', 1) === 1, 'malformed', 'a genesis document of another format');
    const first = await readFirstList(firstList, members.array('validators'));
    return new TrustedValidators(hex(await sha256(genesis)), first);
  }

  get changes(): number {
    return this.#periods.length - 1;
  }

  /** Takes the next change: a header certified by the present validators that announces others, and their list. */
  async advance(change: Json): Promise<number> {
    const members = new Members(change, 'a change');
    const header = await readHeader(fromBase64url(members.text('header')));
    const listBytes = fromBase64url(members.text('next_validators'));
    const certificate = members.any('certificate');
    members.end();
    const next = await readList(listBytes);
    require(header.net === this.net, 'wrong_net', 'the change is of another ledger');
    const last = this.#periods.at(-1) as Period;
    if (header.height < last.from) {
      require(this.#periods.some((period) => period.announcedIn === header.id), 'out_of_order', 'a later change is known');
      return header.height;
    }
    require(header.validators === last.set.digest, 'unknown_validators', 'changes before this one are missing');
    require(header.nextValidators !== header.validators, 'no_change', 'the header announces no other validators');
    require(next.digest === header.nextValidators, 'validators_mismatch', 'the list is not the one that the header announces');
    await checkCertificate(certificate, header, last.set);
    this.#periods.push({ from: header.height + 1, set: next, announcedIn: header.id });
    return header.height;
  }

  /** Who must have certified a header. */
  find(header: Header): ValidatorSet {
    require(header.net === this.net, 'wrong_net', 'the header is of another ledger');
    const { set } = this.#periods.findLast((period) => period.from <= header.height) as Period;
    require(header.validators === set.digest, 'unknown_validators', 'the validators of this height are not known');
    return set;
  }
}
