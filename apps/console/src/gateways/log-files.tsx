import { Anchor, Checkbox, Group, List, Stack, Text, TextInput } from '@mantine/core';
import type { GatewayItem, LogRequestItem } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { ApiFailure, ask, fieldError } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { FailureAlert } from '../display/failure-alert.tsx';
import type { IconName } from '../display/icons.tsx';
import { Until } from '../display/since.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';
import { changeView, usePlace } from '../navigation/location.ts';

/** The logs that routers keep, gathered into one archive. What is being gathered stands in the address: one may come back to it. */
export default function LogFiles({ gateway, path }: { gateway: GatewayItem; path: string }) {
  const [date, setDate] = useState(new Date().toISOString().slice(0, 10));
  const [includeCrash, setIncludeCrash] = useState(false);
  const [includeConfig, setIncludeConfig] = useState(false);
  const asked = usePlace().query.get('logs');
  const request = useMutation({
    mutationFn: () => ask<LogRequestItem>('POST', `${path}/log-requests`, { body: { date, includeCrash, includeConfig } }),
    onSuccess: ({ body }) => changeView({ logs: body.id }),
  });
  const failure = request.error instanceof ApiFailure ? request.error : null;
  const whyNot = gateway.status.nodes.online === 0 ? 'No node of it is online: nobody could send its logs' : null;
  return (
    <Stack maw={620} className="panel">
      <TextInput
        type="date"
        label="Date"
        description="A day in UTC, from a week ago to today"
        value={date}
        error={fieldError(request.error, 'date')}
        onChange={(event) => setDate(event.currentTarget.value)}
      />
      <Checkbox
        label="Include crash reports"
        checked={includeCrash}
        onChange={(event) => setIncludeCrash(event.currentTarget.checked)}
      />
      <Checkbox
        label="Include configuration files, secrets masked"
        checked={includeConfig}
        onChange={(event) => setIncludeConfig(event.currentTarget.checked)}
      />
      {failure !== null && <FailureAlert error={failure} title="No logs were asked for" />}
      <Group>
        <ActionButton roles={ADMINS} whyNot={whyNot} loading={request.isPending} onClick={() => request.mutate()}>
          Gather logs
        </ActionButton>
      </Group>
      {asked !== null && <Gathered path={`${path}/log-requests/${encodeURIComponent(asked)}`} />}
    </Stack>
  );
}

function Gathered({ path }: { path: string }) {
  const { data, error } = useRead<LogRequestItem>(path);
  if (data === undefined)
    return error === null ? null : <FailureAlert error={error} title="What was gathered could not be read" />;
  const { state, nodes, fileName, bytes, expiresAt } = data.body;
  return (
    <section className="panel" aria-live="polite">
      <StateMark {...LOOKS[state]} />
      <List size="sm" mt="xs">
        {nodes.map(({ id, done, ok, message }) => (
          <List.Item key={id}>
            {id}: {done ? (ok === false ? (message ?? 'failed') : 'sent') : 'asked, has not answered yet'}
          </List.Item>
        ))}
      </List>
      {state === 'READY' && (
        <Text size="sm" mt="xs">
          <Anchor size="sm" href={`${path}/content`} download={fileName}>
            {fileName}
          </Anchor>{' '}
          ({Math.ceil(bytes / 1024)} KiB), kept until it goes <Until at={expiresAt} />
        </Text>
      )}
    </section>
  );
}

const LOOKS: Readonly<Record<LogRequestItem['state'], { tone: Tone; icon: IconName | 'spinner'; label: string }>> = {
  PENDING: { tone: 'busy', icon: 'spinner', label: 'Being gathered' },
  READY: { tone: 'good', icon: 'check', label: 'Ready' },
  EMPTY: { tone: 'quiet', icon: 'none', label: 'There are no logs of that day' },
  FAILED: { tone: 'bad', icon: 'error', label: 'No node sent any' },
  EXPIRED: { tone: 'quiet', icon: 'clock', label: 'Gone; gather them again' },
};
