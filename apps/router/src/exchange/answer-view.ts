import type { ResponseView } from '@tidegate/policy-sdk';

import { pairs } from './running-exchange.ts';
import { responseHeaderFilter } from '../upstream/header-rules.ts';

/** An answer on its way to the client: its head, and how policies see and change it. */
export interface AnswerView extends ResponseView {
  /** Flat name, value, name, value as writeHead takes it; names as the upstream spelt them */
  readonly rawHeaders: string[];
  readonly statusText: string | undefined;
}

/** `rawHeaders` is taken over, not copied. */
export function answerView(status: number, rawHeaders: string[], statusText?: string): AnswerView {
  const removeHeader = (name: string): void => {
    const wanted = name.toLowerCase();
    for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
      const name = rawHeaders[index] as string;
      // Most names differ in length: nothing is made of those.
      if (name.length === wanted.length && name.toLowerCase() === wanted) rawHeaders.splice(index, 2);
    }
  };
  return {
    status,
    // A phrase belongs to its status: one that a policy has changed gets the usual one.
    get statusText() {
      return this.status === status ? statusText : undefined;
    },
    rawHeaders,
    headers: () => pairs(rawHeaders),
    appendHeader: (name, value) => void rawHeaders.push(name, value),
    header: (name) => joined(rawHeaders, name.toLowerCase()),
    setHeader(name, value) {
      removeHeader(name);
      rawHeaders.push(name, value);
    },
    removeHeader,
  };
}

/** An upstream's header block as it may go to the client: hop-by-hop fields and `server` stay behind. */
export function endToEndHeaders(rawHeaders: readonly string[], connection: string | undefined): string[] {
  const drops = responseHeaderFilter(connection);
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const lower = name.toLowerCase();
    if (lower !== 'server' && !drops(lower)) kept.push(name, rawHeaders[index + 1] as string);
  }
  return kept;
}

function joined(rawHeaders: readonly string[], wanted: string): string | undefined {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === wanted);
  return values.length === 0 ? undefined : values.join(', ');
}
