import type { GatewayState, GatewayStatus } from '@tidegate/management-api';

import type { IconName } from '../display/icons.tsx';
import { Since } from '../display/since.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';

/** A gateway's status as the Gateways page shows it: icon, word, and below them why and since when. */
export function GatewayMark({ status }: { status: GatewayStatus }) {
  const { tone, icon } = LOOKS[status.state];
  const why = REASONS[status.reason] ?? status.reason;
  const operation = status.operation;
  return (
    <StateMark
      tone={tone}
      icon={icon}
      label={status.label}
      detail={
        <>
          {operation === null ? why : `${operation.done} of ${operation.total} nodes done`}
          {' · '}
          <Since at={status.since} prefix="for " suffix="" />
        </>
      }
    />
  );
}

/** The seed's icons: spinner blue or red, server stack, struck-out server, triangle, disc with "!", bin. */
const LOOKS: Readonly<Record<GatewayState, { tone: Tone; icon: IconName | 'spinner' }>> = {
  STARTING: { tone: 'busy', icon: 'spinner' },
  ONLINE: { tone: 'online', icon: 'server' },
  STOPPING: { tone: 'busy', icon: 'spinner' },
  RESTARTING: { tone: 'busy', icon: 'spinner' },
  RESTARTING_UNRESPONSIVE: { tone: 'bad', icon: 'spinner' },
  OFFLINE: { tone: 'quiet', icon: 'serverOff' },
  OFFLINE_UNCLEAN: { tone: 'warning', icon: 'warning' },
  START_FAILED: { tone: 'warning', icon: 'warning' },
  LOST_CONTACT: { tone: 'bad', icon: 'error' },
  CLUSTER_ISSUES: { tone: 'online', icon: 'server' },
  DELETED: { tone: 'quiet', icon: 'bin' },
};

/** What the controller's reasons mean to a person; one that is new here is shown as it is. */
const REASONS: Readonly<Record<string, string>> = {
  NEVER_CONNECTED: 'no node has ever connected',
  NODES_ONLINE: 'communicating',
  CLUSTER_PROBLEM: 'serving, with problems: see Issues',
  NODES_STARTING: 'a node is starting',
  NODES_STOPPING: 'a node is stopping',
  NODES_SILENT: 'stopped communicating, may have ended unexpectedly',
  NODES_NOT_STARTED: 'was attempting to start, but has not',
  NODES_NOT_CLEAN: 'not running, did not shut down cleanly',
  NODES_STOPPED: 'not running, was shut down',
  OPERATION_OPEN: 'restarting',
  NODE_RESTART_TIMED_OUT: 'a node did not come back in time',
  NO_NODE_ANSWERED: 'no node answered',
  DELETED: 'deleted',
};
