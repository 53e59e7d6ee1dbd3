import { Alert, Button, Code, CopyButton, Group, Select, Stack, Text } from '@mantine/core';
import type { TokenCreated } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { ActionButton } from '../display/action-button.tsx';
import { ask } from '../api/request.ts';
import { FailureAlert } from '../display/failure-alert.tsx';

/** A token that makes one machine a node, with the commands that use it. */
export function JoinGateway({ path }: { path: string }) {
  const [minutes, setMinutes] = useState('60');
  const creation = useMutation({
    mutationFn: () => ask<TokenCreated>('POST', `${path}/tokens`, { body: { validMinutes: Number(minutes) } }),
  });
  const made = creation.data?.body;
  return (
    <Stack maw={820} className="panel">
      <Text size="sm">A router joins this gateway with a token, which it exchanges once for a credential of its own.</Text>
      <Group align="flex-end">
        <Select
          label="The token is good for"
          data={[
            { value: '30', label: '30 minutes' },
            { value: '60', label: '1 hour' },
            { value: '480', label: '8 hours' },
            { value: '1440', label: '24 hours' },
          ]}
          value={minutes}
          allowDeselect={false}
          onChange={(next) => setMinutes(next ?? '60')}
        />
        <ActionButton roles={ADMINS} loading={creation.isPending} onClick={() => creation.mutate()}>
          Make a token
        </ActionButton>
      </Group>
      {creation.error !== null && <FailureAlert error={creation.error} title="No token was made" />}
      {made !== undefined && (
        <Alert
          color="cyan"
          variant="light"
          title={`Shown this once; good until ${new Date(made.expiresAt).toLocaleString()}`}
          role="status"
        >
          <Stack gap="sm">
            <Command label="As a process" text={made.commands.process} />
            <Command label="As a container" text={made.commands.container} />
            <Command label="On Kubernetes" text={made.commands.kubernetes} />
          </Stack>
        </Alert>
      )}
    </Stack>
  );
}

function Command({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={550}>
          {label}
        </Text>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy} aria-label={`Copy the command ${label.toLowerCase()}`}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Code block tabIndex={0}>
        {text}
      </Code>
    </div>
  );
}
