import { Alert, Badge, Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import type { SettingsAnswer } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { ApiFailure, ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { FailureAlert } from '../display/failure-alert.tsx';
import { Icon } from '../display/icons.tsx';
import { ReadView } from '../display/read-view.tsx';
import { StateMark } from '../display/state-mark.tsx';
import { useLeaveGuard } from '../navigation/leave-guard.ts';

const SECTIONS = [
  { section: 'execution', title: 'Execution Settings' },
  { section: 'properties', title: 'Advanced Properties' },
  { section: 'location', title: 'Location Settings' },
] as const;

/** What routers are told to run with, and what they say they run with: two columns, never one. */
export default function GatewaySettings({ path }: { path: string }) {
  return (
    <Stack gap="lg">
      {SECTIONS.map(({ section, title }) => (
        <Section key={section} path={`${path}/settings/${section}`} title={title} />
      ))}
    </Stack>
  );
}

function Section({ path, title }: { path: string; title: string }) {
  const settings = useRead<SettingsAnswer>(path);
  return (
    <section className="panel">
      <Title order={2} size="h4" mb="sm">
        {title}
      </Title>
      <ReadView query={settings} what={title}>
        {(body, etag) => <SettingsForm settings={body} etag={etag} path={path} />}
      </ReadView>
    </section>
  );
}

type Values = Readonly<Record<string, string>>;

function SettingsForm({ settings, etag, path }: { settings: SettingsAnswer; etag: string; path: string }) {
  const [start, setStart] = useState({ values: textsOf(settings), etag });
  const [values, setValues] = useState(start.values);
  const [restart, setRestart] = useState(false);
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () =>
      ask<SettingsAnswer>('PUT', `${path}?restartOnSave=${restart}`, {
        body: { values: saidOf(settings, values) },
        headers: { 'if-match': start.etag },
      }),
    onSuccess: (answer) => {
      const saved = { values: textsOf(answer.body), etag: answer.etag };
      setStart(saved);
      setValues(saved.values);
      release();
    },
    onSettled: () => client.invalidateQueries(),
  });
  const isDirty = Object.keys(values).some((name) => values[name] !== start.values[name]);
  const release = useLeaveGuard(isDirty);
  const failure = save.error instanceof ApiFailure ? save.error : null;
  const errorAt = (name: string) => failure?.errors.find(({ field }) => field === name || field === `values.${name}`)?.message;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const theirs = textsOf(settings);
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {settings.restartRequired && (
          <Alert color="yellow" icon={<Icon name="clock" />} title="Restart needed">
            {settings.nodes
              .filter(({ waiting }) => waiting.length > 0)
              .map(({ id, waiting }) => `${id}: ${waiting.join(', ')}`)
              .join('; ')}{' '}
            take effect when the nodes start again.
          </Alert>
        )}
        {settings.schema.map((property) => (
          <Property
            key={property.name}
            property={property}
            effective={settings.effective[property.name] ?? null}
            isDesired={property.name in settings.desired}
            value={values[property.name] ?? ''}
            error={errorAt(property.name)}
            onChange={(value) => setValues({ ...values, [property.name]: value })}
          />
        ))}
        <NodesOf settings={settings} />
        {failure?.status === 412 ? (
          <Alert
            color="yellow"
            icon={<Icon name="warning" />}
            role="alert"
            title="Somebody else changed these settings meanwhile"
          >
            {Object.keys(values)
              .filter((name) => values[name] !== theirs[name])
              .map((name) => (
                <div key={name}>
                  {name}: theirs “{theirs[name] === '' ? 'not said' : theirs[name]}”, yours “
                  {values[name] === '' ? 'not said' : values[name]}”
                </div>
              ))}
            <Group mt="xs">
              <Button size="xs" onClick={() => setStart({ values: theirs, etag })}>
                Keep mine; save again
              </Button>
              <Button
                size="xs"
                variant="default"
                onClick={() => {
                  setStart({ values: theirs, etag });
                  setValues(theirs);
                  save.reset();
                }}
              >
                Take theirs
              </Button>
            </Group>
          </Alert>
        ) : (
          failure !== null && <FailureAlert error={failure} title="It was not saved" />
        )}
        <Group>
          <ActionButton roles={ADMINS} type="submit" whyNot={isDirty ? null : 'Nothing is changed'} loading={save.isPending}>
            Save
          </ActionButton>
          <Checkbox
            label="Restart on Save, if a property waits for that"
            checked={restart}
            onChange={(event) => setRestart(event.currentTarget.checked)}
          />
        </Group>
      </Stack>
    </form>
  );
}

interface PropertyProps {
  readonly property: SettingsAnswer['schema'][number];
  readonly effective: SettingsAnswer['effective'][string];
  readonly isDesired: boolean;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

function Property({ property, effective, isDesired, value, error, onChange }: PropertyProps) {
  const { name, type, min, max, unit, choices, restartRequired, description } = property;
  const bounds = min === undefined || max === undefined ? '' : ` (${min} to ${max}${unit === undefined ? '' : ` ${unit}`})`;
  const common = { label: name, description: `${description}${bounds}`, error, value } as const;
  const heard = (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value);
  const options = type === 'flag' ? ['true', 'false'] : choices;
  return (
    <Group align="flex-end" gap="lg" className="setting">
      <div className="grow">
        {options === undefined ? (
          <TextInput
            {...common}
            placeholder="as each router has it"
            type={type === 'integer' ? 'number' : 'text'}
            onChange={heard}
          />
        ) : (
          <NativeSelect
            {...common}
            data={[{ value: '', label: 'as each router has it' }, ...options.map((option) => ({ value: option, label: option }))]}
            onChange={heard}
          />
        )}
      </div>
      <div className="setting-effective">
        <Text size="xs" c="dimmed">
          In effect
        </Text>
        <Text size="sm">{effective === null ? 'differs, or not said' : String(effective)}</Text>
        <Group gap={4}>
          {isDesired && <Badge variant="default">set here</Badge>}
          {restartRequired && <Badge variant="default">at start only</Badge>}
        </Group>
      </div>
    </Group>
  );
}

function NodesOf({ settings: { nodes, revision } }: { settings: SettingsAnswer }) {
  const behind = nodes.filter((node) => node.revision !== revision || node.refused.length > 0);
  if (behind.length === 0) return null;
  return (
    <Stack gap={6}>
      {behind.map(({ id, live, refused }) =>
        refused.length > 0 ? (
          <StateMark
            key={id}
            tone="bad"
            icon="error"
            label={`${id} does not take ${refused.join(', ')}`}
            detail="its release does not know them"
          />
        ) : (
          <StateMark
            key={id}
            tone={live ? 'busy' : 'quiet'}
            icon={live ? 'spinner' : 'serverOff'}
            label={live ? `${id}: sent, not acknowledged` : `${id}: not heard`}
            detail={live ? null : 'it takes them at its next start'}
          />
        ),
      )}
    </Stack>
  );
}

/** '' = not said: as each router has it. */
function textsOf({ schema, desired }: SettingsAnswer): Values {
  return Object.fromEntries(
    schema.map(({ name }) => [name, desired[name] === undefined || desired[name] === null ? '' : String(desired[name])]),
  );
}

function saidOf({ schema }: SettingsAnswer, values: Values): Record<string, string | number | boolean> {
  return Object.fromEntries(
    schema.flatMap(({ name, type }) => {
      const text = values[name] ?? '';
      if (text === '') return [];
      return [[name, type === 'integer' ? Number(text) : type === 'flag' ? text === 'true' : text]];
    }),
  );
}
