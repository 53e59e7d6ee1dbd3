import type { AnswerTap, ApartOutcome, ForwardFailure, Forwarder, ForwardOutcome } from '@tidegate/policy-sdk';

/** What an upstream does with one request. */
export type Reaction =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | { readonly fails: ForwardFailure }
  | { readonly is: 'client-gone' };

export interface SampleForwarder extends Forwarder {
  /** Bound of every try so far */
  readonly tries: number[];
  /** Answers that were given up */
  readonly discarded: number[];
}

/** An upstream for tests of policies: reacts in turn, the last way for ever. What taps a body sees it as the router would show it. */
export function sampleForwarder(reactions: readonly Reaction[], repeatable = true): SampleForwarder {
  const tries: number[] = [];
  const discarded: number[] = [];
  const next = (): Reaction => reactions[Math.min(tries.length, reactions.length - 1)] as Reaction;
  return {
    repeatable,
    tries,
    discarded,
    async sendApart(): Promise<ApartOutcome> {
      const reaction = next();
      tries.push(0);
      if (!('status' in reaction)) return { is: 'failed', cause: 'failed' };
      const { status, headers = {}, body = '' } = reaction;
      return { is: 'answered', status, headers: Object.entries(headers), body: Buffer.from(body) };
    },
    async send(tryMs = 0): Promise<ForwardOutcome> {
      const reaction = next();
      tries.push(tryMs);
      if ('is' in reaction) return reaction;
      if ('fails' in reaction) return { is: 'failed', failure: reaction.fails, cause: reaction.fails };
      const { status, headers = {}, body = '' } = reaction;
      const answer = {
        status,
        header: (name: string) => headers[name],
        headers: () => Object.entries(headers),
        tap(tap: AnswerTap) {
          setImmediate(() => {
            tap.data(Buffer.from(body));
            tap.end(true);
          });
        },
        discard: () => void discarded.push(status),
      };
      return { is: 'answered', answer };
    },
  };
}
