import { Button, FileInput, Group, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import type { OpenApiImport } from '@tidegate/management-api';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { stringify } from 'yaml';

import { ApiFailure, ask, fieldError } from '../api/request.ts';
import { FailureAlert } from '../display/failure-alert.tsx';

export interface Imported {
  readonly text: string;
  readonly losses: OpenApiImport['losses'];
}

/** An OpenAPI document becomes ours; nothing is deployed by that. What could not be taken along is listed. */
export function ImportOpenApi({ onDone }: { onDone: (imported: Imported) => void }) {
  const [text, setText] = useState('');
  const [asked, setAsked] = useState({ name: '', context: '', upstream: '' });
  const conversion = useMutation({
    mutationFn: () => {
      const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ''));
      return ask<OpenApiImport>('POST', `/rest-apis:from-openapi?${query}`, { body: text });
    },
    onSuccess: ({ body: { document, losses } }) => onDone({ text: stringify(document), losses }),
  });
  const failure = conversion.error instanceof ApiFailure ? conversion.error : null;
  const field = (name: keyof typeof asked) => ({
    value: asked[name],
    error: fieldError(conversion.error, name),
    onChange: (event: { currentTarget: { value: string } }) => setAsked({ ...asked, [name]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    conversion.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack className="panel">
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <TextInput label="Handle" description="Empty: from title and version" {...field('name')} />
          <TextInput label="Context" description="Empty: from the title" placeholder="/my-api" {...field('context')} />
          <TextInput label="Upstream URL" description="Empty: the first of servers" {...field('upstream')} />
        </SimpleGrid>
        <FileInput
          label="A file"
          placeholder="openapi.yaml, openapi.json"
          accept=".yaml,.yml,.json"
          clearable
          onChange={(file) => void file?.text().then(setText)}
        />
        <Textarea
          label="Or its text"
          description="OpenAPI 3, as YAML or JSON"
          required
          autosize
          minRows={10}
          maxRows={24}
          spellCheck={false}
          classNames={{ input: 'code-input' }}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {failure !== null && <FailureAlert error={failure} title="It could not be converted" />}
        <Group justify="flex-end">
          <Button type="submit" loading={conversion.isPending} disabled={text.trim() === ''}>
            Convert
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
