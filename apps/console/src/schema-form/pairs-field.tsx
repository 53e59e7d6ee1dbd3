import { Button, Fieldset, Group, Stack, TextInput } from '@mantine/core';

import { isRecord } from './is-record.ts';
import { textOf } from './text-of.ts';
import type { ValueFieldProps } from './value-field-props.ts';

/** Names and texts that are up to the user. */
export function PairsField({ schema, label, path, value, required, onChange, errorAt }: ValueFieldProps) {
  const pairs = Object.entries(isRecord(value) ? value : {});
  const set = (next: readonly (readonly [string, unknown])[]) =>
    onChange(path, next.length === 0 && !required ? undefined : Object.fromEntries(next));
  const replaced = (at: number, pair: readonly [string, unknown]) => pairs.map((old, other) => (other === at ? pair : old));
  return (
    <Fieldset legend={label}>
      {schema.description !== undefined && <p className="field-about">{schema.description}</p>}
      <Stack gap="xs">
        {pairs.map(([name, text], at) => (
          <Group key={at} wrap="nowrap" align="flex-start">
            <TextInput
              aria-label={`Name ${at + 1} of ${label}`}
              value={name}
              onChange={(event) => set(replaced(at, [event.currentTarget.value, text]))}
            />
            <TextInput
              aria-label={`Value ${at + 1} of ${label}`}
              value={textOf(text)}
              error={errorAt([...path, name])}
              onChange={(event) => set(replaced(at, [name, event.currentTarget.value]))}
            />
            <Button
              size="compact-sm"
              mt={5}
              variant="default"
              aria-label={`Remove ${name}`}
              onClick={() => set(pairs.filter((_, other) => other !== at))}
            >
              Remove
            </Button>
          </Group>
        ))}
        <Group>
          <Button
            size="compact-sm"
            variant="default"
            disabled={pairs.some(([name]) => name === '')}
            onClick={() => set([...pairs, ['', '']])}
          >
            {`Add to ${label}`}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
