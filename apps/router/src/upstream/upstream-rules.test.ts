import type { Target } from '@tidegate/gateway-ir';
import { Upstream } from '@tidegate/gateway-ir';
import { expect, test } from 'vitest';

import { createTargetPicker } from './target-picker.ts';

test('weights are kept over any short stretch, without bursts', () => {
  const pick = createTargetPicker(() => false);
  const targets = [5, 1, 1, 0].map((weight, index): Target => ({ scheme: 'http', host: `h${index}`, port: 80, weight }));
  const upstream = Upstream.fromPartial({ name: 'main', targets });
  const chosen = Array.from({ length: 14 }, () => pick(upstream)?.host);
  expect(chosen.slice(0, 7)).toEqual(['h0', 'h0', 'h1', 'h0', 'h2', 'h0', 'h0']);
  expect(chosen.slice(7)).toEqual(chosen.slice(0, 7));
  expect(pick(Upstream.fromPartial({ targets: [{ weight: 0 }] }))).toBeNull();
  expect(pick(Upstream.fromPartial({ targets: [] }))).toBeNull();
});

test('targets that are out get nothing while there are others, and their share when there are none', () => {
  const out = new Set<string>();
  const pick = createTargetPicker(({ host }) => out.has(host));
  const targets = [1, 1].map((weight, index): Target => ({ scheme: 'http', host: `h${index}`, port: 80, weight }));
  const upstream = Upstream.fromPartial({ name: 'main', targets });
  const four = () => Array.from({ length: 4 }, () => pick(upstream)?.host).sort();
  expect(four()).toEqual(['h0', 'h0', 'h1', 'h1']);
  out.add('h1');
  expect(four()).toEqual(['h0', 'h0', 'h0', 'h0']);
  out.add('h0');
  expect(four()).toEqual(['h0', 'h0', 'h1', 'h1']);
});
