import { Alert, Button, Group, NumberInput, Stack, TextInput } from '@mantine/core';
import type { GatewayItem } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { ActionButton } from '../display/action-button.tsx';
import { ApiFailure, ask, fieldError } from '../api/request.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { Icon } from '../display/icons.tsx';

interface GatewayPropertiesProps {
  readonly gateway: GatewayItem;
  readonly etag: string;
  readonly path: string;
}

const TEXTS = [
  { name: 'displayName', label: 'Gateway Name' },
  { name: 'hostName', label: 'Host Name' },
  { name: 'publicUrl', label: 'Public URL', description: 'Empty: the bind address is the Gateway URL' },
  { name: 'bindAddress', label: 'Bind Address' },
  { name: 'healthCheckPath', label: 'Health Check Endpoint' },
] as const;

type TextName = (typeof TEXTS)[number]['name'];
type Values = Record<TextName, string> & { expectedMinNodes: number; forceRestartMinutes: number };

/** What is typed stays typed: answers of the poll change nothing here, and a stale save says who won. */
export function GatewayProperties({ gateway, etag, path }: GatewayPropertiesProps) {
  const [start, setStart] = useState({ values: valuesOf(gateway), etag });
  const [values, setValues] = useState(start.values);
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () =>
      ask<GatewayItem>('PATCH', path, { body: changes(start.values, values), headers: { 'if-match': start.etag } }),
    onSuccess: (answer) => {
      setStart({ values: valuesOf(answer.body), etag: answer.etag });
      setValues(valuesOf(answer.body));
    },
    onSettled: () => client.invalidateQueries(),
  });
  const failure = save.error instanceof ApiFailure ? save.error : null;
  const errorAt = (name: string) => fieldError(save.error, name);
  const isDirty = Object.keys(changes(start.values, values)).length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={620} className="panel">
        {TEXTS.map(({ name, label, ...more }) => (
          <TextInput
            key={name}
            label={label}
            {...more}
            value={values[name]}
            error={errorAt(name)}
            onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
          />
        ))}
        <NumberInput
          label="Nodes expected at least"
          min={0}
          max={100}
          value={values.expectedMinNodes}
          error={errorAt('expectedMinNodes')}
          onChange={(next) => setValues({ ...values, expectedMinNodes: Number(next) })}
        />
        <NumberInput
          label="Force Restart After X Minutes"
          description="0: not set; a restart waits for requests under way"
          min={0}
          max={1440}
          value={values.forceRestartMinutes}
          error={errorAt('forceRestartMinutes')}
          onChange={(next) => setValues({ ...values, forceRestartMinutes: Number(next) })}
        />
        {failure?.status === 412 ? (
          <Alert color="yellow" icon={<Icon name="warning" />} title="Somebody else changed this gateway meanwhile" role="alert">
            <Stack gap="xs">
              {differences(valuesOf(gateway), values).map((line) => (
                <div key={line}>{line}</div>
              ))}
              <Group>
                <Button size="xs" onClick={() => setStart({ values: valuesOf(gateway), etag })}>
                  Keep mine; save again
                </Button>
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => {
                    setStart({ values: valuesOf(gateway), etag });
                    setValues(valuesOf(gateway));
                    save.reset();
                  }}
                >
                  Take theirs
                </Button>
              </Group>
            </Stack>
          </Alert>
        ) : (
          failure !== null && <FailureAlert error={failure} title="It was not saved" />
        )}
        <Group>
          <ActionButton roles={ADMINS} type="submit" whyNot={isDirty ? null : 'Nothing is changed'} loading={save.isPending}>
            Save
          </ActionButton>
        </Group>
      </Stack>
    </form>
  );
}

function valuesOf(gateway: GatewayItem): Values {
  const { displayName, hostName, publicUrl, bindAddress, healthCheckPath, expectedMinNodes, forceRestartMinutes } = gateway;
  return {
    displayName,
    hostName: hostName ?? '',
    publicUrl: publicUrl ?? '',
    bindAddress: bindAddress ?? '',
    healthCheckPath: healthCheckPath ?? '',
    expectedMinNodes,
    forceRestartMinutes,
  };
}

/** Only what was changed travels; an emptied field is cleared. */
function changes(from: Values, to: Values): Record<string, unknown> {
  const names = Object.keys(to) as (keyof Values)[];
  return Object.fromEntries(
    names.filter((name) => from[name] !== to[name]).map((name) => [name, to[name] === '' ? null : to[name]]),
  );
}

function differences(theirs: Values, mine: Values): string[] {
  return Object.keys(changes(theirs, mine)).map(
    (name) => `${name}: theirs “${theirs[name as keyof Values]}”, yours “${mine[name as keyof Values]}”`,
  );
}
