import { Alert, Button, Checkbox, Group, NumberInput, Radio, Select, Stack, Stepper, Text, TextInput } from '@mantine/core';
import type { GatewayList, MigrationItem } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { ActionButton } from '../display/action-button.tsx';
import { ApiFailure, ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { Icon } from '../display/icons.tsx';
import { PageHead } from '../display/page-head.tsx';
import { ReadView } from '../display/read-view.tsx';
import { linkTo } from '../navigation/link.tsx';
import { MigrationMark } from './migration-mark.tsx';
import { destinationText } from './migration-table.tsx';

const STEPS = ['Environment', 'Runtime', 'APIs'] as const;

/** The wizard: three steps, each saved as it is completed, and the move itself. One may leave at any time and come back. */
export default function MigrationPage({ id }: { id: string }) {
  const path = `/environment-migrations/${encodeURIComponent(id)}`;
  const migration = useRead<MigrationItem>(path);
  const name = migration.data?.body.environment.name;
  return (
    <>
      <PageHead
        title={name === undefined ? 'Migration' : `Migration of ${name}`}
        above={{ label: 'Environment Migration', to: '/gateways?tab=migration' }}
        actions={
          <Button component="a" variant="default" {...linkTo('/gateways?tab=migration')}>
            Save and Close
          </Button>
        }
      />
      <ReadView query={migration} what="The migration">
        {(found, etag) => <Wizard migration={found} etag={etag} path={path} />}
      </ReadView>
    </>
  );
}

interface StepProps {
  readonly migration: MigrationItem;
  readonly etag: string;
  readonly path: string;
}

function Wizard(props: StepProps) {
  const { migration } = props;
  // stays while somebody else goes on: what is being chosen here is not taken off the screen
  const [chosen, setChosen] = useState(Math.min(3, migration.stepsDone + 1));
  const step = Math.min(chosen, migration.stepsDone + 1);
  if (migration.state !== 'draft' && migration.state !== 'failed') return <Moving {...props} />;
  return (
    <Stack>
      <MigrationMark migration={migration} />
      <Stepper active={step - 1} onStepClick={(at) => setChosen(at + 1)} size="sm">
        {STEPS.map((label, at) => (
          <Stepper.Step key={label} label={`Step ${at + 1}`} description={label} allowStepSelect={at <= migration.stepsDone} />
        ))}
      </Stepper>
      {step === 1 ? (
        <Destination {...props} onDone={() => setChosen(2)} />
      ) : (
        <Review key={step} {...props} step={step as 2 | 3} onDone={() => setChosen(3)} />
      )}
      {migration.stepsDone === 3 && <Complete {...props} />}
    </Stack>
  );
}

/** Saves a step against the version that was shown; another person's change is told, and what was chosen stays. */
function useStep(path: string, etag: string, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ method, to, body }: { method: string; to: string; body: object }) =>
      ask(method, `${path}${to}`, { body, headers: { 'if-match': etag } }),
    onSuccess: onDone,
    onSettled: () => client.invalidateQueries(),
  });
}

function StepFailure({ error, theirs }: { error: unknown; theirs?: string }) {
  if (error === null) return null;
  const isStale = error instanceof ApiFailure && error.status === 412;
  if (!isStale) return <FailureAlert error={error} title="It was not saved" />;
  return (
    <Alert color="yellow" icon={<Icon name="warning" />} role="alert" title="Somebody else changed this migration meanwhile">
      Your choices are kept. {theirs === undefined ? 'The state above is theirs: look at it' : `Theirs: ${theirs}. Look at it`},
      then save again.
    </Alert>
  );
}

function Destination({ migration, etag, path, onDone }: StepProps & { onDone: () => void }) {
  const gateways = useRead<GatewayList>('/gateways');
  const { movingTo, movingFrom } = migration;
  const [kind, setKind] = useState<string>(movingTo === 'off' ? 'off' : 'gateway');
  const [gatewayId, setGatewayId] = useState<string | null>(movingTo !== null && movingTo !== 'off' ? movingTo.id : null);
  const [rest, setRest] = useState(migration.paths.rest);
  const save = useStep(path, etag, onDone);
  const body = { destination: kind === 'off' ? { off: true } : { gatewayId: gatewayId ?? '' }, paths: { rest } };
  return (
    <Stack maw={640} className="panel">
      <Radio.Group label={`Where does ${migration.environment.name} go?`} value={kind} onChange={setKind}>
        <Stack gap="xs" mt="xs">
          <Radio value="gateway" label={movingFrom === null ? 'Onto a gateway' : 'To another gateway'} />
          {movingFrom !== null && <Radio value="off" label={`Off ${movingFrom.name}: its APIs are reached no more`} />}
        </Stack>
      </Radio.Group>
      {kind === 'gateway' && (
        <>
          <Select
            label="Destination"
            placeholder="Choose a gateway"
            value={gatewayId}
            onChange={setGatewayId}
            data={(gateways.data?.body.gateways ?? [])
              .filter(({ id }) => id !== movingFrom?.id)
              .map(({ id, displayName, status }) => ({ value: id, label: `${displayName} (${status.label})` }))}
          />
          <TextInput label="REST path at the destination" value={rest} onChange={(event) => setRest(event.currentTarget.value)} />
        </>
      )}
      <StepFailure error={save.error} theirs={`${destinationText(migration)} at “${migration.paths.rest}”`} />
      <Group>
        <ActionButton
          roles={ADMINS}
          whyNot={kind === 'gateway' && gatewayId === null ? 'Choose a gateway first' : null}
          loading={save.isPending}
          onClick={() => save.mutate({ method: 'PUT', to: '/steps/1', body })}
        >
          Save and go on
        </ActionButton>
      </Group>
    </Stack>
  );
}

function Review({ migration, etag, path, step, onDone }: StepProps & { step: 2 | 3; onDone: () => void }) {
  const mine = migration.errors.filter((check) => check.step === step);
  const warnings = mine.filter(({ severity }) => severity === 'WARNING');
  const [ticked, setTicked] = useState<readonly string[]>(migration.acknowledged);
  const save = useStep(path, etag, onDone);
  const isBlocked = mine.some(({ severity }) => severity === 'ERROR') || warnings.some(({ code }) => !ticked.includes(code));
  return (
    <Stack maw={760} className="panel">
      <Text size="sm">
        {step === 2
          ? 'Whether the destination can serve what this environment needs.'
          : 'What changes for the APIs of this environment.'}
      </Text>
      {mine.length === 0 && <Text size="sm">Nothing stands in the way of this step.</Text>}
      {mine.map(({ code, severity, message }) =>
        severity === 'ERROR' ? (
          <Alert key={code + message} color="red" icon={<Icon name="error" />} title={message}>
            <Text size="xs">{code}: this must be mended before the environment can move.</Text>
          </Alert>
        ) : (
          <Checkbox
            key={code + message}
            label={`${message} (${code}): I have seen this`}
            checked={ticked.includes(code)}
            onChange={(event) =>
              setTicked(event.currentTarget.checked ? [...ticked, code] : ticked.filter((one) => one !== code))
            }
          />
        ),
      )}
      <StepFailure error={save.error} />
      <Group>
        <ActionButton
          roles={ADMINS}
          whyNot={isBlocked ? 'Errors have to be mended and warnings seen first' : null}
          loading={save.isPending}
          onClick={() =>
            save.mutate({ method: 'PUT', to: `/steps/${step}`, body: { complete: true, acknowledgedWarnings: ticked } })
          }
        >
          {migration.stepsDone >= step ? 'Save again' : 'Complete this step'}
        </ActionButton>
      </Group>
    </Stack>
  );
}

function Complete({ migration, etag, path }: StepProps) {
  const [overlapSeconds, setOverlapSeconds] = useState(migration.overlapSeconds);
  const start = useStep(path, etag, () => undefined);
  return (
    <Stack maw={760} className="panel">
      <Text size="sm">
        {migration.environment.name} moves {migration.movingFrom === null ? '' : `from ${migration.movingFrom.name} `}to{' '}
        {destinationText(migration)}. Both serve during the overlap; until it ends the move can be rolled back.
      </Text>
      <NumberInput
        label="Overlap in seconds"
        min={0}
        max={604_800}
        value={overlapSeconds}
        onChange={(next) => setOverlapSeconds(Number(next))}
      />
      <StepFailure error={start.error} />
      <Group>
        <ActionButton
          roles={ADMINS}
          loading={start.isPending}
          onClick={() => start.mutate({ method: 'POST', to: '/complete', body: { overlapSeconds } })}
        >
          Migrate
        </ActionButton>
      </Group>
    </Stack>
  );
}

function Moving({ migration, etag, path }: StepProps) {
  const steer = useStep(path, etag, () => undefined);
  const act = (to: string) => steer.mutate({ method: 'POST', to, body: {} });
  return (
    <Stack>
      <MigrationMark migration={migration} />
      <Text size="sm">
        {migration.environment.name}: {migration.movingFrom?.name ?? 'no gateway'} → {destinationText(migration)}
      </Text>
      <StepFailure error={steer.error} />
      {migration.state === 'overlap' && (
        <Group>
          <ActionButton roles={ADMINS} loading={steer.isPending} onClick={() => act('/finish-overlap')}>
            Finish the overlap now
          </ActionButton>
          <ActionButton
            roles={ADMINS}
            variant="default"
            className="danger"
            loading={steer.isPending}
            onClick={() => act('/rollback')}
          >
            Roll back
          </ActionButton>
        </Group>
      )}
      {migration.state === 'preparing' && (
        <Group>
          <ActionButton roles={ADMINS} variant="default" loading={steer.isPending} onClick={() => act('/cancel')}>
            Cancel
          </ActionButton>
        </Group>
      )}
    </Stack>
  );
}
