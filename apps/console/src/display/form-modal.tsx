import { Button, Checkbox, Group, Modal, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { fieldError } from '../api/request.ts';
import { FailureAlert } from './failure-alert.tsx';

export interface FormField {
  /** As the server calls it: its errors are shown here */
  readonly name: string;
  readonly label: string;
  readonly description?: string;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly kind?: 'text' | 'number' | 'secret' | 'long' | 'flag' | 'time';
  /** A choice between these */
  readonly data?: readonly { readonly value: string; readonly label: string }[];
}

export type FormValues = Readonly<Record<string, string>>;

interface FormModalProps {
  readonly title: string;
  readonly action: string;
  readonly fields: readonly FormField[];
  /** Flags are "true" or "false" */
  readonly start: FormValues;
  readonly failed: string;
  /** Rejects when it was refused; what is to be shown afterwards is `onDone`'s, which without one closes */
  readonly onSubmit: (values: FormValues) => Promise<unknown>;
  readonly onDone?: () => void;
  readonly onClose: () => void;
}

/** A few fields and one request. What was typed stays when it is refused; what is wrong is told at the field. */
export function FormModal({ title, action, fields, start, failed, onSubmit, onDone, onClose }: FormModalProps) {
  const [values, setValues] = useState(start);
  const client = useQueryClient();
  const sending = useMutation({
    mutationFn: () => onSubmit(values),
    onSuccess: onDone ?? onClose,
    onSettled: () => client.invalidateQueries(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    sending.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={title} centered>
      <form onSubmit={submit}>
        <Stack>
          {fields.map((field, at) => (
            <Field
              key={field.name}
              field={field}
              isFirst={at === 0}
              value={values[field.name] ?? ''}
              error={fieldError(sending.error, field.name)}
              onChange={(value) => setValues({ ...values, [field.name]: value })}
            />
          ))}
          {sending.error !== null && <FailureAlert error={sending.error} title={failed} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={sending.isPending}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface FieldProps {
  readonly field: FormField;
  readonly isFirst: boolean;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

function Field({ field, isFirst, value, error, onChange }: FieldProps) {
  const { label, description, placeholder, required = false, kind = 'text', data } = field;
  const common = { label, description, placeholder, required, error, value, 'data-autofocus': isFirst || undefined } as const;
  const heard = (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value);
  if (data !== undefined) return <NativeSelect {...common} data={[...data]} onChange={heard} />;
  if (kind === 'flag') {
    return (
      <Checkbox
        label={label}
        description={description}
        checked={value === 'true'}
        onChange={(event) => onChange(String(event.currentTarget.checked))}
      />
    );
  }
  if (kind === 'long')
    return (
      <Textarea
        {...common}
        autosize
        minRows={6}
        maxRows={14}
        spellCheck={false}
        classNames={{ input: 'code-input' }}
        onChange={heard}
      />
    );
  const type = { text: 'text', number: 'number', secret: 'password', time: 'datetime-local' }[kind];
  return <TextInput {...common} type={type} autoComplete="off" onChange={heard} />;
}
