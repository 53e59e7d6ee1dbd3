import { Table, Text } from '@mantine/core';
import type { DeploymentList, GatewayItem, GatewayList, GatewayNode } from '@tidegate/management-api';

import { useRead } from '../api/use-read.ts';
import { ReadView } from '../display/read-view.tsx';
import { Since } from '../display/since.tsx';
import { StateMark } from '../display/state-mark.tsx';

/** Node by node, on the gateways where the API is: what the gateway should serve, and the last version each router said it does. */
export function NodeAcks({ path }: { path: string }) {
  const gateways = useRead<GatewayList>('/gateways');
  const deployments = useRead<DeploymentList>(`${path}/deployments`);
  const places = deployments.data?.body.deployments.flatMap(({ gateway }) => (gateway === null ? [] : [gateway.id])) ?? [];
  return (
    <ReadView query={gateways} what="The routers">
      {({ gateways: all }) => {
        if (deployments.data === undefined) return <Text size="sm">Not known yet.</Text>;
        const here = all.filter(({ id }) => places.includes(id));
        const rows = here.flatMap((gateway) => gateway.nodes.map((node) => ({ gateway, node })));
        if (here.length === 0) return <Text size="sm">It is in no environment that is on a gateway: nobody serves it.</Text>;
        if (rows.length === 0) return <Text size="sm">No router of its gateways has ever connected: nobody serves it.</Text>;
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
