import { Table, Text } from '@mantine/core';
import type { GatewayItem, GatewayList, GatewayNode } from '@tidegate/management-api';

import { useRead } from '../api/use-read.ts';
import { ReadView } from '../display/read-view.tsx';
import { Since } from '../display/since.tsx';
import { StateMark } from '../display/state-mark.tsx';

/** Node by node: what the gateway should serve, and the last version each router said it does. */
export function NodeAcks() {
  const gateways = useRead<GatewayList>('/gateways');
  return (
    <ReadView query={gateways} what="The routers">
      {({ gateways: all }) => {
        const rows = all.flatMap((gateway) => gateway.nodes.map((node) => ({ gateway, node })));
        if (rows.length === 0) return <Text size="sm">No router has ever connected: nobody serves this API.</Text>;
        return (
          <div className="table-wrap">
            <Table className="cards" verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Router</Table.Th>
                  <Table.Th>Gateway</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th>Sent</Table.Th>
                  <Table.Th>Acknowledged</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map(({ gateway, node }) => (
                  <Table.Tr key={`${gateway.id}/${node.id}`}>
                    <Table.Td data-label="Router">{node.id}</Table.Td>
                    <Table.Td data-label="Gateway">{gateway.displayName}</Table.Td>
                    <Table.Td data-label="State">
                      <AckMark gateway={gateway} node={node} />
                    </Table.Td>
                    <Table.Td data-label="Sent">version {gateway.version}</Table.Td>
                    <Table.Td data-label="Acknowledged">
                      {node.ackedVersion === 0 ? 'nothing yet' : `version ${node.ackedVersion}`}
                      {node.ackedAt !== null && (
                        <Text size="xs" c="dimmed">
                          <Since at={node.ackedAt} />
                        </Text>
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        );
      }}
    </ReadView>
  );
}

export function AckMark({ gateway, node }: { gateway: GatewayItem; node: GatewayNode }) {
  if (!node.live) {
    const silent = node.lastSeen === null ? 'never heard' : <Since at={node.lastSeen} prefix="last heard " />;
    return <StateMark tone="quiet" icon="serverOff" label="Not heard" detail={silent} />;
  }
  if (node.nack !== null)
    return <StateMark tone="bad" icon="error" label={`Refused version ${node.nack.version}`} detail={node.nack.message} />;
  if (node.ackedEpoch !== gateway.epoch || node.ackedVersion < gateway.version) {
    return <StateMark tone="busy" icon="spinner" label="Sent, not acknowledged" detail="It serves what it acknowledged last" />;
  }
  const rejected = node.rejected.length;
  if (rejected > 0) {
    return (
      <StateMark tone="warning" icon="warning" label="Acknowledged in part" detail={`${rejected} could not be built there`} />
    );
  }
  return (
    <StateMark
      tone="good"
      icon="check"
      label="Acknowledged"
      detail={node.lastSeen && <Since at={node.lastSeen} prefix="heard " />}
    />
  );
}
