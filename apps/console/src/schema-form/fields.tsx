import { Fieldset, Stack } from '@mantine/core';

import { isRecord } from './is-record.ts';
import { emptyValue, type JsonSchema } from './json-schema.ts';
import type { HoldingProps } from './value-field-props.ts';

interface FieldsProps extends HoldingProps {
  readonly properties: Readonly<Record<string, JsonSchema>>;
  /** The required ones */
  readonly names: readonly string[];
}

/** The fields of an object, required ones first. One that may be absent as a whole is switched on. */
export function Fields(props: FieldsProps) {
  const { label, schema, value, path, required, properties, names, onChange, errorAt, Field } = props;
  const held = isRecord(value) ? value : {};
  const ordered = Object.entries(properties).sort(([a], [b]) => Number(names.includes(b)) - Number(names.includes(a)));
  const fields = ordered.map(([name, property]) => (
    <Field
      key={name}
      schema={property}
      label={name}
      path={[...path, name]}
      value={held[name]}
      required={names.includes(name)}
      onChange={onChange}
      errorAt={errorAt}
    />
  ));
  if (label === '') return <Stack gap="sm">{fields}</Stack>;
  const isThere = value !== undefined || required;
  return (
    <Fieldset
      legend={
        required ? (
          label
        ) : (
          <label className="fieldset-switch">
            <input
              type="checkbox"
              checked={isThere}
              onChange={(event) =>
                onChange(path, event.currentTarget.checked ? emptyValue({ ...schema, default: undefined }) : undefined)
              }
            />
            {label}
          </label>
        )
      }
    >
      {schema.description !== undefined && <p className="field-about">{schema.description}</p>}
      {errorAt(path) !== undefined && <p className="field-wrong">{errorAt(path)}</p>}
      {isThere && <Stack gap="sm">{fields}</Stack>}
    </Fieldset>
  );
}
