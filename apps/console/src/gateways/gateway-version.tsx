import { Group, Stack, Table, Text, Title } from '@mantine/core';
import type { GatewayItem, RuntimeAnswer } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useState } from 'react';

import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { FormModal } from '../display/form-modal.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Since, Until } from '../display/since.tsx';
import { StateMark } from '../display/state-mark.tsx';
import { OperationProgress } from './operation-progress.tsx';
import { UpdateSchedule } from './update-schedule.tsx';

/** What the routers run, what could be applied, what can be gone back to, and when updates come by themselves. */
export default function GatewayVersion({ gateway, path }: { gateway: GatewayItem; path: string }) {
  const runtime = useRead<RuntimeAnswer>(`${path}/runtime`);
  const [asking, setAsking] = useState<'apply' | 'rollback' | null>(null);
  return (
    <ReadView query={runtime} what="The runtime">
      {(body) => (
        <Stack gap="lg">
          {body.operation !== null && <OperationProgress id={body.operation.id} />}
          <Versions runtime={body} onAsk={setAsking} />
          <Nodes runtime={body} />
          {body.schedule.enabled && <UpdateSchedule path={path} />}
          {asking === 'apply' && body.pending !== null && (
            <FormModal
              title={`Update ${gateway.displayName} to ${body.pending.version}?`}
              action="Apply Pending Updates"
              failed="It was not applied"
              start={{ acceptDowntime: 'false' }}
              fields={
                body.pending.rollingCompatible
                  ? []
                  : [
                      {
                        name: 'acceptDowntime',
                        label:
                          'Its routers do not get along with those before: nothing is served for a moment, and that is accepted',
                        kind: 'flag',
                      },
                    ]
              }
              onSubmit={({ acceptDowntime }) =>
                ask('POST', `${path}/runtime/apply`, {
                  body: { version: body.pending?.version, acceptDowntime: acceptDowntime === 'true' },
                })
              }
              onClose={() => setAsking(null)}
            />
          )}
          {asking === 'rollback' && (
            <FormModal
              title={`Go back to ${body.rollback ?? ''}?`}
              action="Roll Back"
              failed="It was not rolled back"
              start={{}}
              fields={[]}
              onSubmit={() => ask('POST', `${path}/runtime/rollback`, { body: {} })}
              onClose={() => setAsking(null)}
            />
          )}
        </Stack>
      )}
    </ReadView>
  );
}

function Versions({ runtime, onAsk }: { runtime: RuntimeAnswer; onAsk: (what: 'apply' | 'rollback') => void }) {
  const { current, pending, rollback, lastUpdatedAt, window: taken } = runtime;
  const busy = runtime.operation === null ? null : 'An operation is under way';
  return (
    <section className="panel">
      <Title order={2} size="h4" mb="sm">
        Gateway Version
      </Title>
      <dl className="facts">
        <dt>Version</dt>
        <dd>{current ?? 'no router has said'}</dd>
        <dt>Last Updated</dt>
        <dd>{lastUpdatedAt === null ? 'never' : <Since at={lastUpdatedAt} />}</dd>
        <dt>Pending Version</dt>
        <dd>
          {pending === null ? (
            'none'
          ) : (
            <>
              {pending.version}
              {pending.channel === 'early' ? ', ahead of its full release' : ''}
              {taken !== null && taken.until !== null && (
                <>
                  {'; taken by itself '}
                  <Until at={taken.until} />
                </>
              )}
              {pending.notes !== '' && (
                <Text size="xs" c="dimmed" className="notes">
                  {pending.notes}
                </Text>
              )}
            </>
          )}
        </dd>
        <dt>Roll Back</dt>
        <dd>{rollback ?? 'nothing to go back to'}</dd>
      </dl>
      <Group mt="md">
        <ActionButton
          roles={ADMINS}
          whyNot={busy ?? (pending === null ? 'No update is pending' : null)}
          onClick={() => onAsk('apply')}
        >
          Apply Pending Updates
        </ActionButton>
        <ActionButton
          roles={ADMINS}
          variant="default"
          whyNot={busy ?? (rollback === null ? 'There is no version to go back to' : null)}
          onClick={() => onAsk('rollback')}
        >
          Roll Back
        </ActionButton>
      </Group>
    </section>
  );
}

function Nodes({ runtime: { nodes } }: { runtime: RuntimeAnswer }) {
  if (nodes.length === 0) return null;
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Node</Table.Th>
            <Table.Th>Runs</Table.Th>
            <Table.Th>State</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {nodes.map(({ id, live, version, isCurrent }) => (
            <Table.Tr key={id}>
              <Table.Td data-label="Node">{id}</Table.Td>
              <Table.Td data-label="Runs">{version ?? 'not said'}</Table.Td>
              <Table.Td data-label="State">
                {!live ? (
                  <StateMark
                    tone="quiet"
                    icon="serverOff"
                    label="Not heard"
                    detail="it takes the wanted version at its next start"
                  />
                ) : isCurrent ? (
                  <StateMark tone="good" icon="check" label="As wanted" />
                ) : (
                  <StateMark tone="busy" icon="clock" label="Not yet as wanted" />
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
