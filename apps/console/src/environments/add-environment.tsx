import { Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core';
import type { EnvironmentItem } from '@tidegate/management-api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { ask, fieldError } from '../api/request.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { navigate } from '../navigation/location.ts';

/** On no gateway at first: a migration, which its page offers, brings it onto one. */
export function AddEnvironment({ onClose }: { onClose: () => void }) {
  const [values, setValues] = useState({ name: '', classification: 'production', 'paths.rest': '' });
  const client = useQueryClient();
  const creation = useMutation({
    mutationFn: () => {
      const { name, classification, 'paths.rest': rest } = values;
      return ask<EnvironmentItem>('POST', '/environments', { body: { name, classification, paths: { rest } } });
    },
    onSuccess: ({ body }) => {
      void client.invalidateQueries();
      navigate(`/environments/${body.id}`);
    },
  });
  const field = (name: keyof typeof values) => ({
    value: values[name],
    error: fieldError(creation.error, name),
    onChange: (event: { currentTarget: { value: string } }) => setValues({ ...values, [name]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    creation.mutate();
  };
  return (
    <Modal opened onClose={onClose} title="Add an Environment" centered>
      <form onSubmit={submit}>
        <Stack>
          <TextInput label="Name" required data-autofocus {...field('name')} />
          <NativeSelect
            label="Classification"
            data={[
              { value: 'production', label: 'Production' },
              { value: 'test', label: 'Test' },
            ]}
            {...field('classification')}
          />
          <TextInput
            label="Path"
            description="Below which its APIs are reached on the gateway; empty = its root"
            placeholder="staging"
            {...field('paths.rest')}
          />
          {creation.error !== null && <FailureAlert error={creation.error} title="The environment was not added" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={creation.isPending}>
              Add
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
