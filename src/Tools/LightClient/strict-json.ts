import { require } from './refused.js';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** Parses JSON and refuses an object that names a member twice, which JSON.parse would let the last one win. */
export function parse(bytes: Uint8Array): Json {
  let value: Json;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text) as Json;
  } catch {
    require(false, 'malformed', 'not JSON');
  }
  require(!namesAMemberTwice(text), 'malformed', 'a member stands twice');
  return value;
}

/** Walks over text that is JSON already: a string before a colon is a name. */
function namesAMemberTwice(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const token = match[0];
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (/^\s*:/.test(text.slice(tokens.lastIndex, tokens.lastIndex + 64))) {
      const names = open.at(-1);
      const name = JSON.parse(token) as string;
      if (!names || names.has(name)) return true;
      names.add(name);
    }
  }
  return false;
}

/** 64 lower-case hexadecimal digits; all zeros means that none was set. */
export const isDigest = (value: Json): value is string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) && !/^0+$/.test(value);

/** The members of an object of which exactly those that are asked for may be there. */
export class Members {
  readonly #members: JsonObject;
  readonly #left: Set<string>;
  readonly #what: string;

  constructor(value: Json | undefined, what: string) {
    require(typeof value === 'object' && value !== null && !Array.isArray(value), 'malformed', `${what} is no object`);
    this.#members = value;
    this.#left = new Set(Object.keys(value));
    this.#what = what;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#members, name);
  }

  any(name: string): Json {
    require(this.has(name), 'malformed', `${this.#what} has no ${name}`);
    this.#left.delete(name);
    return this.#members[name] as Json;
  }

  text(name: string): string {
    const value = this.any(name);
    require(typeof value === 'string', 'malformed', `${name} of ${this.#what} is no text`);
    return value;
  }

  digest(name: string): string {
    const value = this.text(name);
    require(isDigest(value), 'malformed', `${name} of ${this.#what} is no digest`);
    return value;
  }

  integer(name: string, minimum: number): number {
    const value = this.any(name);
    require(
      typeof value === 'number' && Number.isSafeInteger(value) && value >= minimum,
      'malformed', `${name} of ${this.#what} is no whole number from ${minimum}`);
    return value;
  }

  array(name: string): Json[] {
    const value = this.any(name);
    require(Array.isArray(value), 'malformed', `${name} of ${this.#what} is no array`);
    return value;
  }

  /** Nothing else may be there. */
  end(): void {
    require(this.#left.size === 0, 'malformed', `${this.#what} has a member more: ${[...this.#left].join()}`);
  }
}
