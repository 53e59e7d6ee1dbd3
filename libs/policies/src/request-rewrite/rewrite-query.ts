import { linearRegex } from '@tidegate/policy-sdk';

import type { RequestRewriteParams } from './definition.ts';

type Rule = NonNullable<RequestRewriteParams['queryRewrite']>['rules'][number];
type Pair = [name: string, value: string];

/** The rules as one function from query to query ("?a=1" or ""); parameters no rule names keep their place. */
export function queryRewriter(rules: readonly Rule[]): (query: string) => string {
  const steps = rules.map(stepOf);
  return (query) => {
    let pairs: Pair[] = [...new URLSearchParams(query)];
    for (const step of steps) pairs = step(pairs);
    return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
  };
}

function stepOf(rule: Rule): (pairs: Pair[]) => Pair[] {
  const { name } = rule;
  const isIt = ([candidate]: Pair): boolean => candidate === name;
  if (rule.action === 'Remove') return (pairs) => pairs.filter((pair) => !isIt(pair));
  if (rule.action === 'Add') return (pairs) => [...pairs, [name, rule.value]];
  if (rule.action === 'Replace') {
    return (pairs) => {
      const first = pairs.findIndex(isIt);
      return pairs.flatMap((pair, at): Pair[] => (isIt(pair) ? (at === first ? [[name, rule.value]] : []) : [pair]));
    };
  }
  if (rule.action === 'Append') {
    return (pairs) =>
      pairs.some(isIt)
        ? pairs.map((pair): Pair => (isIt(pair) ? [name, pair[1] + rule.separator + rule.value] : pair))
        : [...pairs, [name, rule.value]];
  }
  const regex = linearRegex(rule.pattern);
  return (pairs) => pairs.map((pair): Pair => (isIt(pair) ? [name, regex.replaceAll(pair[1], rule.substitution)] : pair));
}
