import { Alert, Button, Code, CopyButton, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import type { ApiKeyCreated, ApiKeyItem, ApiKeyList } from '@tidegate/management-api';
import { KEY_WRITERS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { ActionButton } from '../display/action-button.tsx';
import { ask, fieldError } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ConfirmAction } from '../display/confirm-action.tsx';
import { EmptyState } from '../display/empty-state.tsx';
import { FailureAlert } from '../display/failure-alert.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Since } from '../display/since.tsx';
import { StateMark } from '../display/state-mark.tsx';

/** Keys of one API: made here (shown once), revoked here. */
export function ApiKeys({ path }: { path: string }) {
  const keys = useRead<ApiKeyList>(`${path}/api-keys`);
  const [revoking, setRevoking] = useState<ApiKeyItem | null>(null);
  return (
    <Stack>
      <NewKey path={path} />
      <ReadView query={keys} what="The keys">
        {({ apiKeys }) =>
          apiKeys.length === 0 ? (
            <EmptyState title="No key yet">
              Whoever calls an API with the policy <code>api-key-auth</code> needs one. Make it above; it is shown once.
            </EmptyState>
          ) : (
            <KeyTable keys={apiKeys} onRevoke={setRevoking} />
          )
        }
      </ReadView>
      {revoking !== null && <RevokeKey path={path} apiKey={revoking} onClose={() => setRevoking(null)} />}
    </Stack>
  );
}

function NewKey({ path }: { path: string }) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const creation = useMutation({
    mutationFn: () => ask<ApiKeyCreated>('POST', `${path}/api-keys`, { body: name === '' ? {} : { name } }),
    onSuccess: () => {
      setName('');
      return client.invalidateQueries();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    creation.mutate();
  };
  const nameError = fieldError(creation.error, 'name');
  return (
    <>
      <form onSubmit={submit}>
        <Group align="flex-start">
          <TextInput
            label="Name of a new key"
            description="Optional; lower-case letters, digits, - and _"
            value={name}
            error={nameError}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <ActionButton roles={KEY_WRITERS} type="submit" mt={44} loading={creation.isPending}>
            Create key
          </ActionButton>
        </Group>
      </form>
      {creation.error !== null && nameError === undefined && <FailureAlert error={creation.error} title="No key was made" />}
      {creation.data?.body.key !== undefined && <ShownOnce name={creation.data.body.name} value={creation.data.body.key} />}
    </>
  );
}

function ShownOnce({ name, value }: { name: string; value: string }) {
  return (
    <Alert color="cyan" variant="light" title={`Key ${name}: copy it now, it is not shown again`} role="status">
      <Group>
        <Code data-testid="new-key">{value}</Code>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Button size="compact-sm" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}

function KeyTable({ keys, onRevoke }: { keys: readonly ApiKeyItem[]; onRevoke: (key: ApiKeyItem) => void }) {
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Key</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th>Made</Table.Th>
            <Table.Th>Revoke</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => (
            <Table.Tr key={key.uuid}>
              <Table.Td data-label="Name">{key.name}</Table.Td>
              <Table.Td data-label="Key">
                <code>{key.apiKey}</code>
              </Table.Td>
              <Table.Td data-label="Status">
                <KeyMark apiKey={key} />
              </Table.Td>
              <Table.Td data-label="Made">
                <Since at={key.createdAt} />
                <Text size="xs" c="dimmed">
                  by {key.createdBy}
                </Text>
              </Table.Td>
              <Table.Td data-label="Revoke">
                <ActionButton
                  roles={KEY_WRITERS}
                  size="compact-sm"
                  variant="default"
                  className="danger"
                  onClick={() => onRevoke(key)}
                  aria-label={`Revoke ${key.name}`}
                >
                  Revoke
                </ActionButton>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function KeyMark({ apiKey: { status, expiresAt } }: { apiKey: ApiKeyItem }) {
  const until = expiresAt === null ? 'never expires' : `until ${new Date(expiresAt).toLocaleString()}`;
  if (status === 'active') return <StateMark tone="quiet" icon="check" label="Active" detail={until} />;
  if (status === 'expired') return <StateMark tone="quiet" icon="clock" label="Expired" detail={until} />;
  return <StateMark tone="warning" icon="pause" label="Held" detail="A router saw it revoked before the database went back" />;
}

function RevokeKey({ path, apiKey, onClose }: { path: string; apiKey: ApiKeyItem; onClose: () => void }) {
  return (
    <ConfirmAction
      title={`Revoke ${apiKey.name}?`}
      action="Revoke"
      onConfirm={() => ask('DELETE', `${path}/api-keys/${apiKey.uuid}`)}
      onClose={onClose}
    >
      <Text size="sm">
        Calls with <code>{apiKey.apiKey}</code> are refused as soon as a router has heard of it. A revoked key cannot come back.
      </Text>
    </ConfirmAction>
  );
}
