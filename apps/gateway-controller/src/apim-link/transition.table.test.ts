import { fileURLToPath } from 'node:url';

import { golden } from '@tidegate/testkit';
import { expect, test } from 'vitest';

import { type LinkState, type NextState, type Outcome, type OutcomeReport, transition } from './transition.ts';

/** Every state against every report: nothing is left to chance, and a change of any answer shows in review. */

const retry = { attemptsMax: 3, initialMs: 2000, maxMs: 300_000, reconcileMs: 900_000, random: () => 0.5 };
const failed = (cls: 'retryable' | 'terminal' | 'blocked'): Outcome => ({
  kind: 'failed',
  class: cls,
  code: 'c',
  message: 'm',
  retryAfterMs: 0,
});

const OUTCOMES: readonly (readonly [string, Outcome])[] = [
  ['synced', { kind: 'synced' }],
  ['retryable', failed('retryable')],
  ['terminal', failed('terminal')],
  ['blocked', failed('blocked')],
];
const DESIRED = ['deployed', 'undeployed', 'deleted'] as const;
const FLAGS = [false, true] as const;

interface Case {
  readonly state: LinkState;
  readonly report: OutcomeReport;
  readonly named: string;
}

function cases(): Case[] {
  return OUTCOMES.flatMap(([name, outcome]) =>
    FLAGS.flatMap((tried) =>
      DESIRED.flatMap((desiredState) =>
        FLAGS.flatMap((edited) =>
          FLAGS.flatMap((disturbed) =>
            FLAGS.flatMap((last) =>
              (['', 'look', 'looks owed'] as const).map((look) => ({
                state: {
                  desiredState,
                  desiredGeneration: edited ? 8 : 7,
                  syncedGeneration: 6,
                  attempts: last ? 2 : 0,
                  disturbed,
                  looks: look === '' ? 0 : 2,
                  looking: look === 'look',
                },
                report: { generation: 7, tried, dirty: false, outcome },
                named: [
                  name,
                  tried ? 'sent' : 'not sent',
                  desiredState,
                  ...(edited ? ['edited meanwhile'] : []),
                  ...(disturbed ? ['disturbed'] : []),
                  ...(last ? ['last attempt'] : []),
                  ...(look === '' ? [] : [look]),
                ].join(', '),
              })),
            ),
          ),
        ),
      ),
    ),
  );
}

function described({ phase, dueInMs, attempts, looks, dirty, letGo, target, syncedGeneration }: NextState): string {
  return [
    phase,
    ...(dueInMs === null ? [] : [`due in ${dueInMs} ms`]),
    ...(attempts === 0 ? [] : [`${attempts} attempts`]),
    ...(syncedGeneration === 6 ? [] : [`synced ${syncedGeneration}`]),
    ...(looks === 0 ? [] : [`${looks} looks`]),
    ...(dirty ? ['dirty'] : []),
    ...(letGo ? ['let go'] : []),
    ...(target === 'unchanged' ? [] : [`target ${target}`]),
  ].join(', ');
}

test('every state against every report', () => {
  const lines = cases().map(({ state, report, named }) => `${named} -> ${described(transition(state, report, retry))}`);
  expect(new Set(lines).size).toBe(OUTCOMES.length * 2 * DESIRED.length * 2 * 2 * 2 * 3);
  golden(fileURLToPath(new URL('testdata/transitions.txt', import.meta.url)), `${lines.join('\n')}\n`);
});
