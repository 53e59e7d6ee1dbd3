import { Alert, Card, Group, SimpleGrid, Stack, Table, Tabs, Text, Title } from '@mantine/core';
import type { SyncLag, SyncLook, SyncOverview, SyncQueue } from '@tidegate/management-api';
import { ADMINS, API_WRITERS } from '@tidegate/management-api/who';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';

import { DriftMark } from './drift-mark.tsx';
import { Icon } from '../display/icons.tsx';
import { FailureAlert } from '../display/failure-alert.tsx';
import { ActionButton } from '../display/action-button.tsx';
import { TrafficRange, useRange } from '../charts/traffic-range.tsx';
import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { SyncMark } from '../apis/sync-mark.tsx';
import { EmptyState } from '../display/empty-state.tsx';
import { PageHead } from '../display/page-head.tsx';
import { ReadView } from '../display/read-view.tsx';
import { ageText, Since } from '../display/since.tsx';
import { StateMark } from '../display/state-mark.tsx';
import { Link } from '../navigation/link.tsx';
import { changeView, usePlace } from '../navigation/location.ts';
import { ConnectionMark } from './connection-mark.tsx';

const LagChart = lazy(() => import('../charts/lag-chart.tsx'));

/** The way to APIM as a whole: whether there is one, what waits for it, and what goes wrong on it. */
export default function SyncPage() {
  const overview = useRead<SyncOverview>('/sync');
  const lag = useRead<SyncLag>(`/sync/lag?minutes=${useRange()}`);
  return (
    <>
      <PageHead
        title="Sync"
        about="How APIs travel to APIM"
        actions={
          <>
            <TrafficRange />
            <LookNow />
          </>
        }
      />
      <ReadView query={overview} what="The state of the sync">
        {(body) => (
          <Stack>
            <Overview overview={body} />
            {body.heldRemovals.since !== null && <HeldRemovals held={body.heldRemovals} />}
          </Stack>
        )}
      </ReadView>
      {lag.data !== undefined && (
        <Suspense fallback={<div className="chart-empty" />}>
          <div className="chart-alone">
            <LagChart lag={lag.data.body} />
          </div>
        </Suspense>
      )}
      <Title order={2} size="h4" mt="xl" mb="xs">
        Queue
      </Title>
      <Queue />
    </>
  );
}

function Overview({ overview }: { overview: SyncOverview }) {
  const { connection, queue, lag, attempts, drift } = overview;
  const figure = (ms: number | null) => (ms === null ? '—' : ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : ageText(ms));
  return (
    <SimpleGrid cols={{ base: 1, md: 3 }}>
      <Card withBorder>
        <Text size="sm" c="dimmed" mb={6}>
          Connection
        </Text>
        <ConnectionMark connection={connection} />
        <Text size="xs" c="dimmed" mt="xs">
          {connection.host ?? 'no host'}
          {connection.reportedAt !== null && (
            <>
              {' · reported '}
              <Since at={connection.reportedAt} />
              {connection.reportedBy === null ? '' : ` by ${connection.reportedBy}`}
            </>
          )}
        </Text>
      </Card>
      <Card withBorder>
        <Text size="sm" c="dimmed" mb={6}>
          Not in APIM yet
        </Text>
        <Text fw={600} size="xl">
          {queue.pending + queue.failed + queue.parked}
        </Text>
        <Text size="xs" c="dimmed">
          {queue.syncing} being sent, {queue.due} due, {queue.waiting} waiting, {queue.blocked} blocked, {queue.paused} paused,{' '}
          {queue.failed} failed, {queue.parked} refused for good
        </Text>
        <Text size="xs" c="dimmed">
          {queue.synced} confirmed by APIM; {drift.outOfSync} changed there since, {drift.unknown} not compared
        </Text>
      </Card>
      <Card withBorder>
        <Text size="sm" c="dimmed" mb={6}>
          From write to confirmed, last hour
        </Text>
        <Text fw={600} size="xl">
          {figure(lag.lastHour.medianMs)}
        </Text>
        <Text size="xs" c="dimmed">
          median of {lag.lastHour.count}; slowest {figure(lag.lastHour.maxMs)}; {attempts.failedLastHour} of {attempts.lastHour}{' '}
          attempts failed
        </Text>
        <Text size="xs" c="dimmed">
          {lag.oldestPendingMs === null ? 'nothing waits' : `the oldest has waited ${ageText(lag.oldestPendingMs)}`}
        </Text>
      </Card>
    </SimpleGrid>
  );
}

/** Has every API compared with what APIM has, instead of in its turn. */
function LookNow() {
  const client = useQueryClient();
  const look = useMutation({
    mutationFn: () => ask<SyncLook>('POST', '/sync/look', { body: {} }),
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <>
      {look.error !== null && <FailureAlert error={look.error} title="Nothing is looked at" />}
      {look.data !== undefined && (
        <Text size="sm" c="dimmed" role="status">
          {look.data.body.apis} APIs are looked at
        </Text>
      )}
      <ActionButton roles={API_WRITERS} variant="default" loading={look.isPending} onClick={() => look.mutate()}>
        Look into APIM now
      </ActionButton>
    </>
  );
}

/** A listing of the control plane that would take much away is not believed until somebody has looked. */
function HeldRemovals({ held }: { held: SyncOverview['heldRemovals'] }) {
  const client = useQueryClient();
  const confirm = useMutation({
    mutationFn: () => ask('POST', '/sync/confirm-removals', { body: {} }),
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <Alert color="yellow" icon={<Icon name="warning" />} title="The control plane’s last listing is not believed">
      <Text size="sm">
        It would take away {held.deployments} deployments and {held.keys} keys at once
        {held.since !== null && <Since at={held.since} prefix=", since " suffix="" />}. They are served until somebody says that
        this is meant.
      </Text>
      {confirm.error !== null && <FailureAlert error={confirm.error} title="Nothing was taken away" />}
      <Group mt="xs">
        <ActionButton
          roles={ADMINS}
          size="xs"
          variant="default"
          className="danger"
          loading={confirm.isPending}
          onClick={() => confirm.mutate()}
        >
          It is meant: take them away
        </ActionButton>
      </Group>
    </Alert>
  );
}

const PHASES = ['', 'waiting', 'syncing', 'blocked', 'failed', 'parked', 'paused', 'synced'] as const;

function Queue() {
  const phase = usePlace().query.get('phase') ?? '';
  const queue = useRead<SyncQueue>(`/sync/queue?limit=100${phase === '' ? '' : `&phase=${encodeURIComponent(phase)}`}`);
  return (
    <>
      <Tabs
        value={phase === '' ? 'all' : phase}
        onChange={(next) => changeView({ phase: next === 'all' ? '' : (next ?? '') })}
        mb="sm"
      >
        <Tabs.List>
          {PHASES.map((name) => (
            <Tabs.Tab key={name} value={name === '' ? 'all' : name}>
              {name === '' ? 'Not in APIM' : (PHASE_WORDS[name] ?? name)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <ReadView query={queue} what="The queue">
        {({ items, total }) =>
          items.length === 0 ? (
            <EmptyState title="Nothing here">
              {phase === '' ? 'APIM has confirmed every API that is meant for it.' : 'No API is in this state.'}
            </EmptyState>
          ) : (
            <>
              <Text size="sm" c="dimmed" role="status" mb="xs">
                {total > items.length ? `the first ${items.length} of ${total}` : `${total} APIs`}
              </Text>
              <div className="table-wrap">
                <Table className="cards" verticalSpacing="sm">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>API</Table.Th>
                      <Table.Th>State</Table.Th>
                      <Table.Th>Wanted</Table.Th>
                      <Table.Th>Confirmed</Table.Th>
                      <Table.Th>Waiting</Table.Th>
                      <Table.Th>APIM has it</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items.map((item) => (
                      <Table.Tr key={item.apiId}>
                        <Table.Td data-label="API">
                          <Link to={`/sync/${item.apiId}`} fw={550}>
                            {item.displayName}
                          </Link>
                          <Text size="xs" c="dimmed">
                            {item.version}
                          </Text>
                        </Table.Td>
                        <Table.Td data-label="State">
                          {item.paused ? <StateMark tone="quiet" icon="pause" label="Paused" /> : <SyncMark api={item} />}
                        </Table.Td>
                        <Table.Td data-label="Wanted">
                          generation {item.generation}, {item.desiredState}
                        </Table.Td>
                        <Table.Td data-label="Confirmed">
                          {item.syncedGeneration === 0 ? 'nothing yet' : `generation ${item.syncedGeneration}`}
                        </Table.Td>
                        <Table.Td data-label="Waiting">
                          {item.cpSyncStatus === 'success' ? '—' : <Since at={item.waitingSince} suffix="" />}
                        </Table.Td>
                        <Table.Td data-label="APIM has it">
                          <DriftMark drift={item.drift} />
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
            </>
          )
        }
      </ReadView>
    </>
  );
}

const PHASE_WORDS: Readonly<Record<string, string>> = {
  waiting: 'Waiting',
  syncing: 'Being sent',
  blocked: 'Blocked',
  failed: 'Failed',
  parked: 'Refused for good',
  paused: 'Paused',
  synced: 'Confirmed',
};
