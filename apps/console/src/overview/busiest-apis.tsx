import { Table } from '@mantine/core';
import type { TrafficAnswer } from '@tidegate/management-api';

import { durationText, shareText } from '../charts/figures.ts';
import { EmptyState } from '../display/empty-state.tsx';
import { Link } from '../navigation/link.tsx';

export function BusiestApis({ traffic: { apis } }: { traffic: TrafficAnswer }) {
  if (apis.length === 0) {
    return (
      <EmptyState title="No request was reported in this time">
        Call an API through a router, for instance <code>curl http://localhost:8080/my-api/…</code>: its figures appear here
        within seconds.
      </EmptyState>
    );
  }
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>API</Table.Th>
            <Table.Th className="number">Requests</Table.Th>
            <Table.Th className="number">4xx</Table.Th>
            <Table.Th className="number">Failed</Table.Th>
            <Table.Th className="number">95 % within</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {apis.map(({ api, requests, clientErrors, serverErrors, unanswered, p95Ms }) => (
            <Table.Tr key={api}>
              <Table.Td data-label="API">
                {api === '' ? (
                  <span className="muted">no route (404)</span>
                ) : (
                  <Link to={`/apis/${encodeURIComponent(api)}?tab=traffic`}>{api}</Link>
                )}
              </Table.Td>
              <Table.Td data-label="Requests" className="number">
                {requests.toLocaleString()}
              </Table.Td>
              <Table.Td data-label="4xx" className="number">
                {shareText(clientErrors, requests)}
              </Table.Td>
              <Table.Td data-label="Failed" className="number">
                {shareText(serverErrors + unanswered, requests)}
              </Table.Td>
              <Table.Td data-label="95 % within" className="number">
                {p95Ms === null ? '—' : durationText(p95Ms)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
