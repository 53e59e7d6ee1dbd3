import { Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import type { PolicyItem } from '@tidegate/management-api';
import { useState } from 'react';

import { isRecord } from '../schema-form/is-record.ts';
import { textOf } from '../schema-form/text-of.ts';
import type { FieldPath } from '../schema-form/value-field-props.ts';
import { PoliciesForm } from './policies-form.tsx';

interface OperationsFormProps {
  readonly value: unknown;
  readonly known: readonly PolicyItem[];
  readonly onChange: (path: FieldPath, value: unknown) => void;
  readonly errorAt: (path: FieldPath) => string | undefined;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', '*'];

/** A form of thousands of fields is of no use: more are shown when asked for. */
const SHOWN = 50;

export function OperationsForm({ value, known, onChange, errorAt }: OperationsFormProps) {
  const [shown, setShown] = useState(SHOWN);
  const operations: readonly unknown[] = Array.isArray(value) ? value : [];
  const path = ['spec', 'operations'];
  return (
    <Stack gap="sm">
      {errorAt(path) !== undefined && <p className="field-wrong">{errorAt(path)}</p>}
      {operations.slice(0, shown).map((operation, at) => (
        <OperationRow
          key={at}
          at={at}
          operation={isRecord(operation) ? operation : {}}
          known={known}
          onChange={onChange}
          errorAt={errorAt}
          onRemove={() =>
            onChange(
              path,
              operations.filter((_, other) => other !== at),
            )
          }
        />
      ))}
      <Group>
        <Button size="compact-sm" variant="default" onClick={() => onChange(path, [...operations, { method: 'GET', path: '/' }])}>
          Add an operation
        </Button>
        {operations.length > shown && (
          <Button size="compact-sm" variant="subtle" onClick={() => setShown(operations.length)}>
            {`Show all ${operations.length}`}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

interface OperationRowProps extends Omit<OperationsFormProps, 'value'> {
  readonly at: number;
  readonly operation: Readonly<Record<string, unknown>>;
  readonly onRemove: () => void;
}

function OperationRow({ at, operation, known, onChange, errorAt, onRemove }: OperationRowProps) {
  const path = ['spec', 'operations', at];
  const method = textOf(operation['method']);
  const policies = Array.isArray(operation['policies']) ? operation['policies'].length : 0;
  const [isOpen, setIsOpen] = useState(false);
  return (
    <div className="operation">
      <Group wrap="nowrap" align="flex-start" gap="xs">
        <NativeSelect
          aria-label={`Method of operation ${at + 1}`}
          w={112}
          data={METHODS.includes(method) ? METHODS : [...METHODS, method]}
          value={method}
          error={errorAt([...path, 'method'])}
          onChange={(event) => onChange([...path, 'method'], event.currentTarget.value)}
        />
        <TextInput
          aria-label={`Path of operation ${at + 1}`}
          className="grow"
          value={textOf(operation['path'])}
          error={errorAt([...path, 'path'])}
          onChange={(event) => onChange([...path, 'path'], event.currentTarget.value)}
        />
        <Button
          variant="default"
          aria-expanded={isOpen}
          aria-label={`Policies of operation ${at + 1}: ${policies}`}
          onClick={() => setIsOpen(!isOpen)}
        >
          {policies === 0 ? 'Policies' : `Policies: ${policies}`}
        </Button>
        <Button variant="default" aria-label={`Remove operation ${at + 1}`} onClick={onRemove}>
          Remove
        </Button>
      </Group>
      {isOpen && (
        <div className="operation-policies">
          <Text size="xs" c="dimmed" mb="xs">
            For {method} {textOf(operation['path'])} only
          </Text>
          <PoliciesForm
            path={[...path, 'policies']}
            value={operation['policies']}
            known={known}
            onChange={onChange}
            errorAt={errorAt}
          />
        </div>
      )}
    </div>
  );
}
