import { expect, it } from 'vitest';
import { createRuleBook, ruleSchema } from './rules.ts';

const none = (): boolean => false;

it('gives a fault as often as asked, after as many as asked', () => {
  const book = createRuleBook();
  book.add(ruleSchema.parse({ endpoint: 'import', fault: { kind: 'reset' }, times: 2, after: 1 }));
  const taken = Array.from({ length: 5 }, () => book.take('import', none)?.kind ?? 'fine');
  expect(taken).toEqual(['fine', 'reset', 'reset', 'fine', 'fine']);
  expect(book.take('token', none)).toBeNull();
});

it('leaves requests alone that do not hold the text', () => {
  const book = createRuleBook();
  book.add(ruleSchema.parse({ endpoint: 'any', fault: { kind: 'hang' }, containing: 'Bad API' }));
  expect(book.take('import', (text) => 'name: Good API'.includes(text))).toBeNull();
  expect(book.take('import', (text) => 'name: Bad API'.includes(text))).toEqual({ kind: 'hang' });
});

it('draws the same lots for the same seed, about as many as the chance says', () => {
  const draw = (): string => {
    const book = createRuleBook();
    book.add(ruleSchema.parse({ endpoint: 'any', fault: { kind: 'reset' }, chance: 0.3, seed: 42 }));
    return Array.from({ length: 1000 }, () => (book.take('api', none) === null ? '.' : 'x')).join('');
  };
  expect(draw()).toBe(draw());
  expect(draw().split('x').length - 1).toBeGreaterThan(240);
  expect(draw().split('x').length - 1).toBeLessThan(360);
});

it('forgets a rule by its id', () => {
  const book = createRuleBook();
  const id = book.add(ruleSchema.parse({ endpoint: 'any', fault: { kind: 'hang' } }));
  expect([book.remove(id), book.remove(id), book.take('api', none)]).toEqual([true, false, null]);
});
