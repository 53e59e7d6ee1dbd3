import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import type { PolicyItem } from '@tidegate/management-api';
import { useState } from 'react';

import { isRecord } from '../schema-form/is-record.ts';
import { emptyValue, type JsonSchema } from '../schema-form/json-schema.ts';
import { textOf } from '../schema-form/text-of.ts';
import type { FieldPath } from '../schema-form/value-field-props.ts';
import { ValueField } from '../schema-form/value-field.tsx';

interface PoliciesFormProps {
  /** Where they stand in the document */
  readonly path: FieldPath;
  readonly value: unknown;
  readonly known: readonly PolicyItem[];
  readonly onChange: (path: FieldPath, value: unknown) => void;
  readonly errorAt: (path: FieldPath) => string | undefined;
}

/** Policies in the order in which they run, each with the form that its JSON Schema asks for. */
export function PoliciesForm({ path, value, known, onChange, errorAt }: PoliciesFormProps) {
  const policies: readonly unknown[] = Array.isArray(value) ? value : [];
  const [open, setOpen] = useState<number | null>(null);
  const set = (next: readonly unknown[]) => onChange(path, next.length === 0 ? undefined : next);
  const move = (at: number, by: 1 | -1) => {
    const next = [...policies];
    const [one] = next.splice(at, 1);
    next.splice(at + by, 0, one);
    set(next);
    setOpen(null);
  };
  const add = (name: string | null) => {
    const policy = known.find((one) => one.name === name);
    if (policy === undefined) return;
    setOpen(policies.length);
    set([...policies, { name: policy.name, version: policy.version, params: emptyValue(schemaOf(policy)) }]);
  };
  return (
    <Stack gap="xs">
      {policies.length === 0 && (
        <Text size="sm" c="dimmed">
          None.
        </Text>
      )}
      {policies.map((policy, at) => (
        <PolicyRow
          key={at}
          policy={isRecord(policy) ? policy : {}}
          path={[...path, at]}
          known={known}
          isOpen={open === at}
          isFirst={at === 0}
          isLast={at === policies.length - 1}
          onToggle={() => setOpen(open === at ? null : at)}
          onMove={(by) => move(at, by)}
          onRemove={() => {
            set(policies.filter((_, other) => other !== at));
            setOpen(null);
          }}
          onChange={onChange}
          errorAt={errorAt}
        />
      ))}
      <Select
        aria-label="Add a policy"
        placeholder="Add a policy…"
        searchable
        maw={360}
        value={null}
        data={byCategory(known)}
        onChange={add}
      />
    </Stack>
  );
}

interface PolicyRowProps extends Omit<PoliciesFormProps, 'value'> {
  readonly policy: Readonly<Record<string, unknown>>;
  readonly isOpen: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly onToggle: () => void;
  readonly onMove: (by: 1 | -1) => void;
  readonly onRemove: () => void;
}

function PolicyRow({
  policy,
  path,
  known,
  isOpen,
  isFirst,
  isLast,
  onToggle,
  onMove,
  onRemove,
  onChange,
  errorAt,
}: PolicyRowProps) {
  const name = textOf(policy['name']);
  const definition = known.find((one) => one.name === name);
  const wrong = errorAt(path) ?? errorAt([...path, 'name']) ?? errorAt([...path, 'params']);
  return (
    <div className="policy" data-open={isOpen || undefined}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <button type="button" className="policy-name" aria-expanded={isOpen} onClick={onToggle}>
          <b>{definition?.displayName ?? name}</b> <span className="muted">{name}</span>
        </button>
        <Group gap={4} wrap="nowrap">
          <Button
            size="compact-sm"
            variant="subtle"
            disabled={isFirst}
            aria-label={`Run ${name} earlier`}
            onClick={() => onMove(-1)}
          >
            ↑
          </Button>
          <Button size="compact-sm" variant="subtle" disabled={isLast} aria-label={`Run ${name} later`} onClick={() => onMove(1)}>
            ↓
          </Button>
          <Button size="compact-sm" variant="default" aria-label={`Remove ${name}`} onClick={onRemove}>
            Remove
          </Button>
        </Group>
      </Group>
      {wrong !== undefined && <p className="field-wrong">{wrong}</p>}
      {isOpen && (
        <Stack gap="sm" mt="xs">
          {definition === undefined ? (
            <Text size="sm">This gateway has no policy of that name.</Text>
          ) : (
            <>
              <Text size="sm" c="dimmed">
                {definition.description}
              </Text>
              <ValueField
                schema={schemaOf(definition)}
                label=""
                path={[...path, 'params']}
                value={policy['params']}
                required
                onChange={onChange}
                errorAt={errorAt}
              />
            </>
          )}
          <TextInput
            label="Only when"
            description="A CEL expression over the request; empty = always"
            placeholder="request.Method == 'GET'"
            value={textOf(policy['executionCondition'])}
            error={errorAt([...path, 'executionCondition'])}
            onChange={(event) => onChange([...path, 'executionCondition'], event.currentTarget.value || undefined)}
          />
        </Stack>
      )}
    </div>
  );
}

/** JSON Schema is what the contract says it is; only its own words make it a type. */
function schemaOf({ parameters }: PolicyItem): JsonSchema {
  return parameters;
}

function byCategory(known: readonly PolicyItem[]) {
  const categories = [...new Set(known.map(({ category }) => category))].sort();
  return categories.map((group) => ({
    group,
    items: known
      .filter(({ category }) => category === group)
      .map(({ name, displayName }) => ({ value: name, label: `${displayName} (${name})` })),
  }));
}
