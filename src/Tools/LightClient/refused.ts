/** Why something is not believed. The codes are those of the .NET client; `reason` says more where a code covers several faults. */
export type Code =
  | 'malformed' | 'wrong_net' | 'out_of_order' | 'unknown_validators' | 'no_change' | 'validators_mismatch'
  | 'bad_certificate' | 'id_mismatch' | 'not_in_block';

export class Refused extends Error {
  readonly code: Code;
  readonly reason: string | undefined;

  constructor(code: Code, message: string, reason?: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

export function require(condition: boolean, code: Code, message: string, reason?: string): asserts condition {
  if (!condition) throw new Refused(code, message, reason);
}
