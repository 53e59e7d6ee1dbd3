import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import type { GatewayItem } from '@tidegate/management-api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { ask, fieldError } from '../api/request.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { navigate } from '../navigation/location.ts';

/** A gateway is a name first; routers join it with a token, which its page hands out. */
export function AddGateway({ onClose }: { onClose: () => void }) {
  const [values, setValues] = useState({ name: '', displayName: '', publicUrl: '' });
  const client = useQueryClient();
  const creation = useMutation({
    mutationFn: () => {
      const { name, displayName, publicUrl } = values;
      const body = { name, ...(displayName === '' ? {} : { displayName }), ...(publicUrl === '' ? {} : { publicUrl }) };
      return ask<GatewayItem>('POST', '/gateways', { body });
    },
    onSuccess: ({ body }) => {
      void client.invalidateQueries();
      navigate(`/gateways/${encodeURIComponent(body.handle)}?tab=join`);
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
    <Modal opened onClose={onClose} title="Add a Gateway" centered>
      <form onSubmit={submit}>
        <Stack>
          <TextInput label="Name" description="a-z, 0-9 and -; used in paths" required data-autofocus {...field('name')} />
          <TextInput label="Display name" {...field('displayName')} />
          <TextInput label="Public URL" placeholder="https://api.example.com" {...field('publicUrl')} />
          {creation.error !== null && <FailureAlert error={creation.error} title="The gateway was not added" />}
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
