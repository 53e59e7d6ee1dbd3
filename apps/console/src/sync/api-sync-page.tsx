import { List, Table, Text, Title } from '@mantine/core';
import type { ApiSync, SyncAttempt } from '@tidegate/management-api';
import { API_WRITERS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { Drift } from './drift.tsx';
import { ActionButton } from '../display/action-button.tsx';
import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { SyncMark } from '../apis/sync-mark.tsx';
import { FailureAlert } from '../display/failure-alert.tsx';
import type { IconName } from '../display/icons.tsx';
import { PageHead } from '../display/page-head.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Since, Until } from '../display/since.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';
import { Link } from '../navigation/link.tsx';

/** One API's way to APIM: every attempt with the exact exchanges, the next one, and the means to steer it. */
export default function ApiSyncPage({ id }: { id: string }) {
  const path = `/rest-apis/${encodeURIComponent(id)}`;
  const sync = useRead<ApiSync>(`${path}/sync`);
  const body = sync.data?.body;
  return (
    <>
      <PageHead
        title={body?.displayName ?? id}
        about="Its way to APIM"
        above={{ label: 'Sync', to: '/sync' }}
        actions={body !== undefined && <Steering path={path} sync={body} />}
      />
      <ReadView query={sync} what={`The sync of ${id}`}>
        {(found) => (
          <>
            <Facts sync={found} />
            <Drift sync={found} path={path} />
            <Title order={2} size="h4" mt="xl" mb="xs">
              Attempts
            </Title>
            <Attempts attempts={found.attempts} />
          </>
        )}
      </ReadView>
    </>
  );
}

function Steering({ path, sync }: { path: string; sync: ApiSync }) {
  const client = useQueryClient();
  const steer = useMutation({
    mutationFn: (action: 'retry' | 'pause' | 'resume' | 'skip') =>
      ask('POST', action === 'retry' ? `${path}/sync` : `${path}/sync/${action}`, { body: {} }),
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <>
      {steer.error !== null && <FailureAlert error={steer.error} title="It was not done" />}
      <ActionButton roles={API_WRITERS} variant="default" loading={steer.isPending} onClick={() => steer.mutate('retry')}>
        Retry now
      </ActionButton>
      <ActionButton
        roles={API_WRITERS}
        variant="default"
        loading={steer.isPending}
        onClick={() => steer.mutate(sync.paused ? 'resume' : 'pause')}
      >
        {sync.paused ? 'Resume' : 'Pause'}
      </ActionButton>
      {sync.cpSyncStatus !== 'success' && (
        <ActionButton roles={API_WRITERS} variant="default" loading={steer.isPending} onClick={() => steer.mutate('skip')}>
          Skip until the next edit
        </ActionButton>
      )}
    </>
  );
}

function Facts({ sync }: { sync: ApiSync }) {
  const { cpSyncInfo: info } = sync;
  return (
    <dl className="panel facts">
      <dt>State</dt>
      <dd>
        {sync.paused ? (
          <StateMark
            tone="quiet"
            icon="pause"
            label="Paused"
            detail={sync.pausedAt && <Since at={sync.pausedAt} prefix={`by ${sync.pausedBy}, `} />}
          />
        ) : (
          <SyncMark api={sync} />
        )}
      </dd>
      <dt>API</dt>
      <dd>
        {sync.desiredState === 'deleted' ? (
          'deleted here'
        ) : (
          <Link to={`/apis/${encodeURIComponent(sync.handle)}`}>{sync.handle}</Link>
        )}
      </dd>
      <dt>Wanted</dt>
      <dd>
        generation {sync.generation}, {sync.desiredState}
        {sync.cpSyncStatus !== 'success' && <Since at={sync.waitingSince} prefix=", for " suffix="" />}
      </dd>
      <dt>Confirmed by APIM</dt>
      <dd>
        {sync.syncedGeneration === 0
          ? 'nothing yet'
          : `generation ${sync.syncedGeneration}${sync.deployedInApim ? ', deployed there' : ''}`}
      </dd>
      <dt>Sent</dt>
      <dd>
        {sync.pushedGeneration === 0 ? 'nothing yet' : `generation ${sync.pushedGeneration}`}
        {sync.inDoubt ? '; whether it arrived is looked up before anything is sent again' : ''}
      </dd>
      <dt>Next attempt</dt>
      <dd>{info.nextAttemptAt === null ? 'none is planned' : <Until at={info.nextAttemptAt} />}</dd>
      {info.losses.length > 0 && (
        <>
          <dt>Lost on the way</dt>
          <dd>
            <List size="sm">
              {info.losses.map(({ path, message }, at) => (
                <List.Item key={at}>
                  <code>{path}</code> {message}
                </List.Item>
              ))}
            </List>
          </dd>
        </>
      )}
    </dl>
  );
}

function Attempts({ attempts }: { attempts: readonly SyncAttempt[] }) {
  if (attempts.length === 0) return <Text size="sm">None yet.</Text>;
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Outcome</Table.Th>
            <Table.Th>Generation</Table.Th>
            <Table.Th>Ended</Table.Th>
            <Table.Th>Worker</Table.Th>
            <Table.Th>Exchanges</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {attempts.map((attempt) => (
            <Table.Tr key={attempt.id}>
              <Table.Td data-label="Outcome">
                <StateMark {...OUTCOMES[attempt.outcome]} detail={attempt.message ?? attempt.reason} />
              </Table.Td>
              <Table.Td data-label="Generation">{attempt.generation}</Table.Td>
              <Table.Td data-label="Ended">
                <Since at={attempt.endedAt} />
              </Table.Td>
              <Table.Td data-label="Worker">{attempt.worker ?? '—'}</Table.Td>
              <Table.Td data-label="Exchanges">
                {attempt.exchanges.length === 0 ? '—' : <Exchanges exchanges={attempt.exchanges} />}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Exchanges({ exchanges }: { exchanges: SyncAttempt['exchanges'] }) {
  return (
    <details>
      <summary>{exchanges.length}</summary>
      <ol className="exchanges">
        {exchanges.map(({ method, path, status, tookMs, answer }, at) => (
          <li key={at}>
            <code>
              {method} {path}
            </code>{' '}
            {status === null ? 'no answer' : status} in {tookMs} ms
            {answer !== null && <pre>{answer}</pre>}
          </li>
        ))}
      </ol>
    </details>
  );
}

const OUTCOMES: Readonly<Record<SyncAttempt['outcome'], { tone: Tone; icon: IconName; label: string }>> = {
  synced: { tone: 'good', icon: 'check', label: 'Confirmed' },
  retryable: { tone: 'warning', icon: 'warning', label: 'Failed, to be tried again' },
  terminal: { tone: 'bad', icon: 'error', label: 'Refused for good' },
  blocked: { tone: 'warning', icon: 'pause', label: 'Blocked' },
  late: { tone: 'quiet', icon: 'clock', label: 'Too late to count' },
};
