import { Checkbox, NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core';
import { parse, stringify } from 'yaml';
import { useState } from 'react';

import { type JsonSchema, shapeOf } from './json-schema.ts';
import type { ValueFieldProps } from './value-field-props.ts';
import { Fields } from './fields.tsx';
import { ListField } from './list-field.tsx';
import { PairsField } from './pairs-field.tsx';
import { textOf } from './text-of.ts';
import { VariantsField } from './variants-field.tsx';

/** One value as the field that its JSON Schema asks for. An empty optional field is not said at all; its default stands behind it. */
export function ValueField(props: ValueFieldProps) {
  const { schema, label, path, value, required, onChange, errorAt } = props;
  const shape = shapeOf(schema);
  const common = { label, description: schema.description, error: errorAt(path), withAsterisk: required } as const;
  const set = (next: unknown) => onChange(path, next);
  switch (shape.is) {
    case 'constant':
      return null;
    case 'flag':
      return (
        <Checkbox
          label={label}
          description={schema.description}
          error={errorAt(path)}
          checked={value === undefined ? schema.default === true : value === true}
          onChange={(event) =>
            set(event.currentTarget.checked === schema.default && !required ? undefined : event.currentTarget.checked)
          }
        />
      );
    case 'choice':
      return (
        <NativeSelect
          {...common}
          value={value === undefined ? '' : textOf(value)}
          onChange={(event) => set(shape.options.find((option) => textOf(option) === event.currentTarget.value))}
          data={[
            ...(required
              ? []
              : [{ value: '', label: schema.default === undefined ? 'not said' : `not said: ${textOf(schema.default)}` }]),
            ...shape.options.map((option) => ({ value: textOf(option), label: textOf(option) })),
          ]}
        />
      );
    case 'number':
      return (
        <NumberInput
          {...common}
          value={typeof value === 'number' ? value : ''}
          placeholder={placeholderOf(schema)}
          allowDecimal={schema.type === 'number'}
          onChange={(next) => set(next === '' ? undefined : Number(next))}
        />
      );
    case 'text':
      return (schema.maxLength ?? 0) > 4096 ? (
        <Textarea
          {...common}
          autosize
          minRows={3}
          maxRows={16}
          value={textOf(value)}
          placeholder={placeholderOf(schema)}
          onChange={(event) => set(said(event.currentTarget.value, required))}
        />
      ) : (
        <TextInput
          {...common}
          type={schema.secret === true ? 'password' : 'text'}
          autoComplete="off"
          value={textOf(value)}
          placeholder={placeholderOf(schema)}
          onChange={(event) => set(said(event.currentTarget.value, required))}
        />
      );
    case 'texts':
      return <TextLines {...props} />;
    case 'fields':
      return <Fields {...props} Field={ValueField} properties={shape.properties} names={shape.required} />;
    case 'list':
      return <ListField {...props} Field={ValueField} items={shape.items} />;
    case 'pairs':
      return <PairsField {...props} />;
    case 'variants':
      return <VariantsField {...props} Field={ValueField} variants={shape.variants} />;
    case 'other':
      return <AsYaml {...props} />;
  }
}

function said(text: string, required: boolean): string | undefined {
  return text === '' && !required ? undefined : text;
}

function placeholderOf({ default: standard }: JsonSchema): string | undefined {
  return standard === undefined || standard === '' ? undefined : textOf(standard);
}

/** Lines are kept as typed, also empty ones, until another field is entered. */
function TextLines({ schema, label, path, value, required, onChange, errorAt }: ValueFieldProps) {
  const lines = Array.isArray(value) ? value.map(String) : [];
  const [typed, setTyped] = useState<string | null>(null);
  const errors = [errorAt(path), ...lines.map((_, at) => errorAt([...path, at]))].filter((error) => error !== undefined);
  return (
    <Textarea
      label={label}
      description={`${schema.description ?? ''}${schema.description === undefined ? 'O' : '; o'}ne a line`}
      withAsterisk={required}
      error={errors.length === 0 ? undefined : errors.join('; ')}
      autosize
      minRows={2}
      maxRows={10}
      value={typed ?? lines.join('\n')}
      placeholder={Array.isArray(schema.default) ? schema.default.join('\n') : undefined}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        const said = event.currentTarget.value.split('\n').filter((line) => line !== '');
        onChange(path, said.length === 0 && !required ? undefined : said);
      }}
      onBlur={() => setTyped(null)}
    />
  );
}

function AsYaml({ schema, label, path, value, onChange, errorAt }: ValueFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const [unreadable, setUnreadable] = useState<string | null>(null);
  return (
    <Textarea
      label={`${label} (YAML)`}
      description={schema.description}
      error={unreadable ?? errorAt(path)}
      autosize
      minRows={2}
      maxRows={12}
      value={typed ?? (value === undefined ? '' : stringify(value))}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        try {
          onChange(path, event.currentTarget.value.trim() === '' ? undefined : parse(event.currentTarget.value));
          setUnreadable(null);
        } catch (error) {
          setUnreadable(String(error));
        }
      }}
      onBlur={() => {
        if (unreadable === null) setTyped(null);
      }}
    />
  );
}
