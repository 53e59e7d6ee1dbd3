import { Fieldset, NativeSelect, Stack } from '@mantine/core';

import { emptyValue, type JsonSchema, variantLabel, variantOf } from './json-schema.ts';
import type { HoldingProps } from './value-field-props.ts';

/** A value that may have one of several forms. */
export function VariantsField(props: HoldingProps & { variants: readonly JsonSchema[] }) {
  const { Field, variants, ...rest } = props;
  const { label, schema, value, path, required, onChange } = rest;
  const isSaid = value !== undefined || required;
  const at = variantOf(variants, value);
  const variant = variants[at];
  return (
    <Fieldset legend={label === '' ? undefined : label}>
      <Stack gap="sm">
        <NativeSelect
          label="Kind"
          description={schema.description}
          value={isSaid ? String(at) : ''}
          data={[
            ...(required ? [] : [{ value: '', label: 'not said' }]),
            ...variants.map((one, index) => ({ value: String(index), label: variantLabel(one, index) })),
          ]}
          onChange={({ currentTarget: { value: next } }) =>
            onChange(path, next === '' ? undefined : emptyValue(variants[Number(next)] ?? {}))
          }
        />
        {isSaid && variant !== undefined && <Field {...rest} label="" schema={variant} required />}
      </Stack>
    </Fieldset>
  );
}
