import type { Chain } from '@tidegate/route-table';

import type { AnswerView } from './answer-view.ts';
import type { RunningExchange } from './running-exchange.ts';

/** Shows an answer to the policies that look at heads, and adds what was to be added to any. A promise only if one of them made one. */
export function runResponseHeaders(
  exchange: RunningExchange,
  view: AnswerView,
  { responseHeaders }: Pick<Chain, 'responseHeaders'>,
): void | Promise<void> {
  exchange.response = view;
  return runFrom(0, exchange, { view, steps: responseHeaders ?? NOBODY });
}

const NOBODY: readonly never[] = [];

interface Showing {
  readonly view: AnswerView;
  readonly steps: NonNullable<Chain['responseHeaders']>;
}

function runFrom(first: number, exchange: RunningExchange, showing: Showing): void | Promise<void> {
  const { view, steps } = showing;
  for (let index = first; index < steps.length; index++) {
    const pending = (steps[index] as (typeof steps)[number])(exchange);
    if (pending instanceof Promise) return pending.then(() => runFrom(index + 1, exchange, showing));
  }
  for (const [name, value] of exchange.addedHeaders ?? NOBODY) view.appendHeader(name, value);
}
