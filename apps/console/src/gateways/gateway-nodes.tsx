import { Table, Text } from '@mantine/core';
import type { GatewayItem, GatewayNode, NodeState } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useState } from 'react';

import { ActionButton } from '../display/action-button.tsx';
import { ask } from '../api/request.ts';
import { ConfirmAction } from '../display/confirm-action.tsx';
import { EmptyState } from '../display/empty-state.tsx';
import type { IconName } from '../display/icons.tsx';
import { Since } from '../display/since.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';
import { AckMark } from './node-acks.tsx';

/** Every node of a gateway: what state it is in and why, and what it acknowledged. */
export function GatewayNodes({ gateway, path }: { gateway: GatewayItem; path: string }) {
  const [forgetting, setForgetting] = useState<string | null>(null);
  if (gateway.nodes.length === 0) {
    return (
      <EmptyState title="No node has ever connected">
        A gateway serves nothing until a router joins it. “Add a Node” gives you a token and the commands that use it.
      </EmptyState>
    );
  }
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Status</Table.Th>
            <Table.Th>Node</Table.Th>
            <Table.Th>Host Name</Table.Th>
            <Table.Th>Serving</Table.Th>
            <Table.Th>Version</Table.Th>
            <Table.Th>Action</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {gateway.nodes.map((node) => (
            <Table.Tr key={node.id}>
              <Table.Td data-label="Status">
                <NodeMark node={node} />
              </Table.Td>
              <Table.Td data-label="Node">{node.id}</Table.Td>
              <Table.Td data-label="Host Name">{node.hostName ?? '—'}</Table.Td>
              <Table.Td data-label="Serving">
                <AckMark gateway={gateway} node={node} />
                <Text size="xs" c="dimmed">
                  version {node.ackedVersion} of {gateway.version}
                </Text>
              </Table.Td>
              <Table.Td data-label="Version">{node.runtimeVersion ?? '—'}</Table.Td>
              <Table.Td data-label="Action">
                <ActionButton
                  roles={ADMINS}
                  whyNot={gateway.nodes.length === 1 ? 'It is the only node there is' : null}
                  size="compact-sm"
                  variant="default"
                  className="danger"
                  onClick={() => setForgetting(node.id)}
                  aria-label={`Delete ${node.id}`}
                >
                  Delete
                </ActionButton>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {forgetting !== null && <ForgetNode path={path} nodeId={forgetting} onClose={() => setForgetting(null)} />}
    </div>
  );
}

function NodeMark({ node }: { node: GatewayNode }) {
  const { tone, icon } = LOOKS[node.state];
  const since = node.live ? (node.readyAt ?? node.bootedAt) : node.lastSeen;
  return (
    <StateMark
      tone={tone}
      icon={icon}
      label={node.label}
      detail={
        <>
          {node.replaced ? 'a newer node serves in its place · ' : ''}
          {since === null ? (
            'never heard'
          ) : (
            <Since at={since} prefix={node.live ? 'for ' : 'last heard '} suffix={node.live ? '' : ' ago'} />
          )}
        </>
      }
    />
  );
}

const LOOKS: Readonly<Record<NodeState, { tone: Tone; icon: IconName | 'spinner' }>> = {
  ONLINE: { tone: 'online', icon: 'server' },
  STARTING: { tone: 'busy', icon: 'spinner' },
  STOPPING: { tone: 'busy', icon: 'spinner' },
  RESTARTING: { tone: 'busy', icon: 'spinner' },
  RESTART_TIMED_OUT: { tone: 'bad', icon: 'spinner' },
  RESTART_FAILED: { tone: 'bad', icon: 'error' },
  OFFLINE: { tone: 'quiet', icon: 'serverOff' },
  START_FAILED: { tone: 'warning', icon: 'warning' },
  UNCLEAN: { tone: 'warning', icon: 'warning' },
  LOST_CONTACT: { tone: 'bad', icon: 'error' },
  DELETING: { tone: 'busy', icon: 'spinner' },
};

function ForgetNode({ path, nodeId, onClose }: { path: string; nodeId: string; onClose: () => void }) {
  return (
    <ConfirmAction
      title={`Delete the node ${nodeId}?`}
      action="Delete"
      onConfirm={() => ask('DELETE', `${path}/nodes/${encodeURIComponent(nodeId)}`)}
      onClose={onClose}
    >
      <Text size="sm">It is forgotten, and what lets it in is void. To come back it needs a new token.</Text>
    </ConfirmAction>
  );
}
