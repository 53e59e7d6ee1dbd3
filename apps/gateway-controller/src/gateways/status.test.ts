import { describe, expect, it } from 'vitest';

import type { FleetClock, NodeStatusFacts } from './node-status.ts';
import { type GatewayStatusFacts, gatewayStatus } from './status.ts';

/** The moment from which the scenarios count their seconds. */
const T0 = 1_000_000_000;
const at = (seconds: number): number => T0 + seconds * 1000;

function clock(seconds: number, more: Partial<FleetClock> = {}): FleetClock {
  return { nowMs: at(seconds), servingSinceMs: at(-86_400), lostMs: 60_000, startMs: 300_000, ...more };
}

/** Ready since long before T0, last heard at T0. */
function node(id: string, more: Partial<NodeStatusFacts> = {}): NodeStatusFacts {
  return {
    id,
    phase: 'ready',
    lastSeenMs: at(0),
    bootSeenMs: at(-3600),
    readyMs: at(-3590),
    stoppingMs: null,
    stoppedMs: null,
    cutRequests: 0,
    drainGraceMs: 0,
    boots: 0,
    exitEvidence: null,
    commandedMs: null,
    deleting: false,
    ...more,
  };
}

function gateway(nodes: readonly NodeStatusFacts[], more: Partial<GatewayStatusFacts> = {}): GatewayStatusFacts {
  const settings = { createdMs: at(-7200), deletedMs: null, expectedMinNodes: 1, forceRestartMinutes: 0, operation: null };
  return { ...settings, nodes, ...more };
}

const starting = (seconds: number, more: Partial<NodeStatusFacts> = {}) =>
  node('a', { phase: 'starting', bootSeenMs: at(0), readyMs: null, boots: 1, lastSeenMs: at(seconds), ...more });
const draining = (lastSeen: number) =>
  node('a', { phase: 'draining', stoppingMs: at(0), drainGraceMs: 40_000, lastSeenMs: at(lastSeen) });
const stopped = (id = 'a') => node(id, { phase: 'stopped', stoppedMs: at(0) });
/** Told to restart at T0; the process is gone since, or says that it is starting again. */
const restarting = (id: string, seconds: number, heard = seconds) =>
  node(id, { commandedMs: at(0), phase: 'starting', readyMs: null, lastSeenMs: at(heard), bootSeenMs: at(1), boots: 1 });
const OPEN = { operation: { startedMs: at(0) } };

describe('the status of a gateway, scenario by scenario (reference §2.4)', () => {
  it.each<[string, GatewayStatusFacts, FleetClock, string]>([
    ['no node ever', gateway([]), clock(0), 'OFFLINE'],
    ['starting at 12 s', gateway([starting(12)]), clock(12), 'STARTING'],
    ['starting at 301 s', gateway([starting(301)]), clock(301), 'START_FAILED'],
    ['starting, then silent for 61 s', gateway([starting(5)]), clock(66), 'START_FAILED'],
    ['three boots, never ready', gateway([starting(12, { boots: 3 })]), clock(12), 'START_FAILED'],
    ['ready, silent for 60 s', gateway([node('a')]), clock(60), 'ONLINE'],
    ['ready, silent for 61 s', gateway([node('a')]), clock(61), 'LOST_CONTACT'],
    ['controllers down for 900 s, back for 30 s', gateway([node('a')]), clock(930, { servingSinceMs: at(900) }), 'ONLINE'],
    ['controllers down for 900 s, back for 61 s', gateway([node('a')]), clock(961, { servingSinceMs: at(900) }), 'LOST_CONTACT'],
    ['draining', gateway([draining(20)]), clock(20), 'STOPPING'],
    ['draining, silent past its grace and 30 s', gateway([draining(5)]), clock(71), 'OFFLINE_UNCLEAN'],
    ['a clean stop', gateway([stopped()]), clock(3600), 'OFFLINE'],
    [
      'killed for its memory, as the orchestrator saw',
      gateway([node('a', { exitEvidence: 'OOMKilled' })]),
      clock(5),
      'OFFLINE_UNCLEAN',
    ],
    ['deleted while its nodes still beat', gateway([node('a')], { deletedMs: at(-10) }), clock(0), 'DELETED'],
    [
      'a lost node, a newer ready one replaced it, enough are live',
      gateway([node('a', { lastSeenMs: at(-120) }), node('b', { bootSeenMs: at(-100) })]),
      clock(0),
      'ONLINE',
    ],
    ['restart without Force Restart, at 300 s', gateway([restarting('a', 300)], OPEN), clock(300), 'RESTARTING'],
    ['restart without Force Restart, at 301 s', gateway([restarting('a', 301)], OPEN), clock(301), 'RESTARTING_UNRESPONSIVE'],
    [
      'Force Restart 10 min, at 660 s',
      gateway([restarting('a', 660)], { ...OPEN, forceRestartMinutes: 10 }),
      clock(660),
      'RESTARTING',
    ],
    [
      'Force Restart 10 min, at 661 s',
      gateway([restarting('a', 661)], { ...OPEN, forceRestartMinutes: 10 }),
      clock(661),
      'RESTARTING_UNRESPONSIVE',
    ],
    [
      'Force Restart 1 min, at 121 s',
      gateway([restarting('a', 121)], { ...OPEN, forceRestartMinutes: 1 }),
      clock(121),
      'RESTARTING_UNRESPONSIVE',
    ],
    [
      'rolling, three nodes of four minutes each, at 600 s',
      gateway(
        [
          node('a', { commandedMs: at(0), readyMs: at(240), lastSeenMs: at(600) }),
          node('b', { commandedMs: at(240), readyMs: at(480), lastSeenMs: at(600) }),
          node('c', {
            commandedMs: at(480),
            phase: 'starting',
            readyMs: null,
            lastSeenMs: at(600),
            bootSeenMs: at(500),
            boots: 1,
          }),
        ],
        OPEN,
      ),
      clock(600),
      'RESTARTING',
    ],
    [
      'an operation that no node took, at 301 s',
      gateway([node('a', { lastSeenMs: at(301) })], OPEN),
      clock(301),
      'RESTARTING_UNRESPONSIVE',
    ],
    ['the operation is over, the node still silent', gateway([node('a')]), clock(1900), 'LOST_CONTACT'],
    [
      'one of three lost',
      gateway([node('a', { lastSeenMs: at(-90) }), node('b'), node('c')], { expectedMinNodes: 2 }),
      clock(0),
      'CLUSTER_ISSUES',
    ],
    ['fewer live than the minimum', gateway([node('a')], { expectedMinNodes: 2 }), clock(0), 'CLUSTER_ISSUES'],
    [
      'scaled in from three to two, cleanly, minimum two',
      gateway([node('a'), node('b'), stopped('c')], { expectedMinNodes: 2 }),
      clock(0),
      'ONLINE',
    ],
    [
      'all lost, a new node is starting',
      gateway([
        node('a', { lastSeenMs: at(-300) }),
        node('b', { phase: 'starting', readyMs: null, bootSeenMs: at(-5), boots: 1 }),
      ]),
      clock(0),
      'STARTING',
    ],
    ['one stopped cleanly, one lost, none live', gateway([stopped('a'), node('b')]), clock(61), 'LOST_CONTACT'],
    [
      'two lost, one replaced',
      gateway([node('a', { lastSeenMs: at(-120) }), node('b', { lastSeenMs: at(-110) }), node('c', { bootSeenMs: at(-100) })]),
      clock(0),
      'CLUSTER_ISSUES',
    ],
    [
      'one lost, its replacement still starting',
      gateway([
        node('a', { lastSeenMs: at(-120) }),
        node('b'),
        node('c', { phase: 'starting', readyMs: null, bootSeenMs: at(-100), boots: 1 }),
      ]),
      clock(0),
      'CLUSTER_ISSUES',
    ],
    ['a node that is being deleted, alone', gateway([node('a', { deleting: true })]), clock(0), 'STOPPING'],
  ])('%s', (_, facts, now, expected) => {
    expect(gatewayStatus(facts, now).state).toBe(expected);
  });

  it('says that a gateway without nodes was never connected', () => {
    expect(gatewayStatus(gateway([]), clock(0))).toMatchObject({ reason: 'NEVER_CONNECTED', sinceMs: at(-7200) });
  });

  it('takes cut requests for an unclean end, and a problem of the cluster for one of the gateway', () => {
    expect(gatewayStatus(gateway([node('a', { phase: 'stopped', cutRequests: 2 })]), clock(0)).state).toBe('OFFLINE_UNCLEAN');
    expect(gatewayStatus(gateway([node('a')]), clock(0), true).state).toBe('CLUSTER_ISSUES');
  });

  it('never shows green from silence, whatever phase the silent nodes last told', () => {
    const phases = ['starting', 'ready', 'draining', 'stopped', 'start_failed'] as const;
    for (const phase of phases) {
      const silent = node('a', { phase, stoppingMs: at(0), stoppedMs: at(0) });
      expect(gatewayStatus(gateway([silent]), clock(100_000)).state).toMatch(/OFFLINE|LOST_CONTACT|START_FAILED/);
    }
  });

  it('knows a restart that failed from one that only takes too long', () => {
    const states = (heard: number) => gatewayStatus(gateway([restarting('a', 400, heard)], OPEN), clock(400)).nodes[0]?.state;
    expect(states(400)).toBe('RESTART_TIMED_OUT');
    expect(states(300)).toBe('RESTART_FAILED');
  });
});
