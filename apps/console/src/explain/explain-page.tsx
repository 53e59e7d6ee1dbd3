import { Button, Group, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core';
import type { ExplainAnswer, GatewayList } from '@tidegate/management-api';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { ApiFailure, ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { PageHead } from '../display/page-head.tsx';
import { ExplainedRequest } from './explained-request.tsx';
import { headersOf } from './headers-of.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/** What would become of a request: asked of the controller, which sends nothing anywhere. */
export default function ExplainPage() {
  const list = useRead<GatewayList>('/gateways?view=enabled');
  const gateways = list.data?.body.gateways ?? [];
  const [values, setValues] = useState({ gateway: '', method: 'GET', url: '', headers: '' });
  const question = useMutation({
    mutationFn: () => {
      const { method, url, headers } = values;
      const gateway = values.gateway === '' ? gateways[0]?.id : values.gateway;
      const body = { ...(gateway === undefined ? {} : { gateway }), method, url: url.trim(), headers: headersOf(headers) };
      return ask<ExplainAnswer>('POST', '/explain', { body });
    },
  });
  const failure = question.error instanceof ApiFailure ? question.error : null;
  const field = (name: keyof typeof values) => ({
    value: values[name],
    error: failure?.errors.find((error) => error.field.split(/[.[]/, 1)[0] === name)?.message,
    onChange: (event: { currentTarget: { value: string } }) => setValues({ ...values, [name]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    question.mutate();
  };
  return (
    <>
      <PageHead
        title="Explain a request"
        about="Which route, policies and upstream a request would get, and why; nothing is sent"
      />
      <form onSubmit={submit}>
        <Stack maw={820} mb="xl" className="panel">
          <Group align="flex-start" wrap="nowrap">
            <NativeSelect label="Method" data={METHODS} {...field('method')} />
            <TextInput
              label="URL or path"
              placeholder="https://api.example.com/my-api/pet/1"
              required
              autoComplete="off"
              style={{ flexGrow: 1 }}
              {...field('url')}
            />
          </Group>
          <Textarea
            label="Headers"
            description="One a line; Host decides the virtual host"
            placeholder={'Host: api.example.com\nAccept: application/json'}
            autosize
            minRows={2}
            maxRows={12}
            {...field('headers')}
          />
          {gateways.length > 1 && (
            <NativeSelect
              label="Gateway"
              data={gateways.map(({ id, displayName }) => ({ value: id, label: displayName }))}
              {...field('gateway')}
            />
          )}
          {question.error !== null && <FailureAlert error={question.error} title="It could not be explained" />}
          <Group>
            <Button type="submit" loading={question.isPending || list.isPending}>
              Explain
            </Button>
          </Group>
        </Stack>
      </form>
      {question.data !== undefined && <ExplainedRequest answer={question.data.body} />}
    </>
  );
}
