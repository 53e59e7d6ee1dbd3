import { Button, Fieldset, Group, Stack } from '@mantine/core';

import { emptyValue, isNested, type JsonSchema } from './json-schema.ts';
import type { HoldingProps } from './value-field-props.ts';

/** Values that are more than a text, one below the other. */
export function ListField({
  schema,
  items,
  label,
  path,
  value,
  required,
  onChange,
  errorAt,
  Field,
}: HoldingProps & { items: JsonSchema }) {
  const held: readonly unknown[] = Array.isArray(value) ? value : [];
  const set = (next: readonly unknown[]) => onChange(path, next.length === 0 && !required ? undefined : next);
  const isFull = held.length >= (schema.maxItems ?? Number.POSITIVE_INFINITY);
  return (
    <Fieldset legend={label}>
      {schema.description !== undefined && <p className="field-about">{schema.description}</p>}
      {errorAt(path) !== undefined && <p className="field-wrong">{errorAt(path)}</p>}
      <Stack gap="sm">
        {held.map((item, at) => (
          <Group key={at} align="flex-start" wrap="nowrap" className="list-item">
            <div className="list-item-fields">
              <Field
                schema={items}
                label={isNested(items) ? '' : `${label} ${at + 1}`}
                path={[...path, at]}
                value={item}
                required
                onChange={onChange}
                errorAt={errorAt}
              />
            </div>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Remove ${label} ${at + 1}`}
              onClick={() => set(held.filter((_, other) => other !== at))}
            >
              Remove
            </Button>
          </Group>
        ))}
        <Group>
          <Button size="compact-sm" variant="default" disabled={isFull} onClick={() => set([...held, emptyValue(items)])}>
            {`Add to ${label}`}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
