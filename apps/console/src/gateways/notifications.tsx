import { Alert, Anchor, Code, Group, Stack, Table, Text, Title } from '@mantine/core';
import type {
  FeedToken,
  GatewayEventItem,
  GatewayEventList,
  GatewayItem,
  NotificationSubscriptionList,
} from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { useWhyNot } from '../api/may.ts';
import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { FailureAlert } from '../display/failure-alert.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Since } from '../display/since.tsx';
import { StateMark } from '../display/state-mark.tsx';
import { NewNotification } from './new-notification.tsx';

/** Who is told what of a gateway, the feeds, and what there was to tell. */
export default function Notifications({ gateway, path }: { gateway: GatewayItem; path: string }) {
  return (
    <Stack gap="lg">
      <Subscriptions gateway={gateway} />
      <Feeds path={path} />
      <Events path={path} />
    </Stack>
  );
}

function Subscriptions({ gateway }: { gateway: GatewayItem }) {
  const forbidden = useWhyNot(ADMINS);
  const list = useRead<NotificationSubscriptionList>(forbidden === null ? '/notification-subscriptions' : null);
  const [isAdding, setIsAdding] = useState(false);
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: (id: string) => ask('DELETE', `/notification-subscriptions/${id}`),
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <section className="panel">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Notifications
        </Title>
        <ActionButton roles={ADMINS} size="xs" onClick={() => setIsAdding(true)}>
          Subscribe
        </ActionButton>
      </Group>
      {removal.error !== null && <FailureAlert error={removal.error} title="It was not removed" />}
      {forbidden !== null ? (
        <Text size="sm">{forbidden}</Text>
      ) : (
        <ReadView query={list} what="The notifications">
          {({ subscriptions }) => {
            const mine = subscriptions.filter((one) => one.gateway === null || one.gateway.id === gateway.id);
            if (mine.length === 0) return <Text size="sm">Nobody is told of this gateway.</Text>;
            return (
              <Stack gap="sm">
                {mine.map((one) => (
                  <Group key={one.id} justify="space-between" align="flex-start" wrap="nowrap">
                    <StateMark
                      tone={one.lastError === null ? 'quiet' : 'bad'}
                      icon={one.lastError === null ? 'check' : 'error'}
                      label={<span className="wrap">{one.target}</span>}
                      detail={`${LEVELS[one.level]}, ${TYPES[one.eventType]}, ${one.gateway === null ? 'of every gateway' : 'of this gateway'}${
                        one.lastError === null ? '' : `; the last one was not delivered: ${one.lastError}`
                      }`}
                    />
                    <ActionButton
                      roles={ADMINS}
                      size="compact-sm"
                      variant="default"
                      aria-label={`Remove ${one.target}`}
                      onClick={() => removal.mutate(one.id)}
                    >
                      Remove
                    </ActionButton>
                  </Group>
                ))}
              </Stack>
            );
          }}
        </ReadView>
      )}
      {isAdding && <NewNotification gateway={gateway} onClose={() => setIsAdding(false)} />}
    </section>
  );
}

/** Addresses for a feed reader; whoever has one reads what happens here. */
function Feeds({ path }: { path: string }) {
  const making = useMutation({ mutationFn: () => ask<FeedToken>('POST', `${path}/feed-token`, { body: {} }) });
  return (
    <section className="panel">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          Monitor and Alerts feeds
        </Title>
        <ActionButton roles={ADMINS} size="xs" variant="default" loading={making.isPending} onClick={() => making.mutate()}>
          Make new addresses
        </ActionButton>
      </Group>
      {making.error !== null && <FailureAlert error={making.error} title="None were made" />}
      {making.data === undefined ? (
        <Text size="sm">Atom feeds, by an address that holds its own key. New addresses take the place of the old ones.</Text>
      ) : (
        <Alert color="cyan" variant="light" title="Shown this once" role="status">
          {(['monitor', 'alerts'] as const).map((feed) => (
            <div key={feed}>
              <Text size="sm" fw={550}>
                {feed === 'monitor' ? 'Everything' : 'Warnings and errors'}
              </Text>
              <Code block tabIndex={0}>
                {making.data.body[feed]}
              </Code>
            </div>
          ))}
        </Alert>
      )}
    </section>
  );
}

function Events({ path }: { path: string }) {
  const [level, setLevel] = useState<GatewayEventItem['level']>('INFO');
  const list = useRead<GatewayEventList>(`${path}/events?level=${level}&limit=50`);
  return (
    <section>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          What happened in the last week
        </Title>
        <Anchor component="button" type="button" size="sm" onClick={() => setLevel(level === 'INFO' ? 'WARNING' : 'INFO')}>
          {level === 'INFO' ? 'Only warnings and errors' : 'Everything'}
        </Anchor>
      </Group>
      <ReadView query={list} what="The events">
        {({ events }) =>
          events.length === 0 ? (
            <Text size="sm">Nothing.</Text>
          ) : (
            <div className="table-wrap">
              <Table className="cards" verticalSpacing="xs">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>When</Table.Th>
                    <Table.Th>What</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {events.map(({ id, at, level: how, title }) => (
                    <Table.Tr key={id}>
                      <Table.Td data-label="When">
                        <Since at={at} />
                      </Table.Td>
                      <Table.Td data-label="What">
                        <StateMark
                          tone={how === 'ERROR' ? 'bad' : how === 'WARNING' ? 'warning' : 'quiet'}
                          icon={how === 'ERROR' ? 'error' : how === 'WARNING' ? 'warning' : 'clock'}
                          label={title}
                        />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </div>
          )
        }
      </ReadView>
    </section>
  );
}

const LEVELS = { INFO: 'everything', WARNING: 'warnings and errors', ERROR: 'errors' } as const;
const TYPES = { all: 'of any kind', status: 'of the status', issue: 'of issues', operation: 'of restarts and updates' } as const;
