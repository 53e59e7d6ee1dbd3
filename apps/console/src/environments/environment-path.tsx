import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import type { EnvironmentItem } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { ActionButton } from '../display/action-button.tsx';
import { ApiFailure, ask } from '../api/request.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { Icon } from '../display/icons.tsx';

interface EnvironmentPathProps {
  readonly environment: EnvironmentItem;
  readonly etag: string;
  readonly path: string;
}

/** The path of REST APIs; what is typed stays when the save is refused or somebody else was first. */
export function EnvironmentPath({ environment, etag, path }: EnvironmentPathProps) {
  const [start, setStart] = useState({ rest: environment.paths.rest, etag });
  const [rest, setRest] = useState(start.rest);
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () => ask<EnvironmentItem>('PATCH', path, { body: { paths: { rest } }, headers: { 'if-match': start.etag } }),
    onSuccess: (answer) => setStart({ rest: answer.body.paths.rest, etag: answer.etag }),
    onSettled: () => client.invalidateQueries(),
  });
  const failure = save.error instanceof ApiFailure ? save.error : null;
  const atField = failure?.errors.map(({ message }) => message).join('; ');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={620} mt="md" className="panel">
        <TextInput
          label="REST path"
          description="Without slashes at its ends; empty: the root of the gateway"
          value={rest}
          error={atField === '' ? undefined : atField}
          onChange={(event) => setRest(event.currentTarget.value)}
        />
        {failure?.status === 412 && (
          <Alert color="yellow" icon={<Icon name="warning" />} title="Somebody else changed it meanwhile" role="alert">
            <Text size="sm">
              Theirs is “{environment.paths.rest}”, yours “{rest}”.
            </Text>
            <Button size="xs" mt="xs" onClick={() => setStart({ rest: environment.paths.rest, etag })}>
              Keep mine; save again
            </Button>
          </Alert>
        )}
        {failure !== null && failure.status !== 412 && atField === '' && (
          <FailureAlert error={failure} title="It was not saved" />
        )}
        <Group>
          <ActionButton
            roles={ADMINS}
            type="submit"
            whyNot={rest === start.rest ? 'Nothing is changed' : null}
            loading={save.isPending}
          >
            Save
          </ActionButton>
        </Group>
      </Stack>
    </form>
  );
}
