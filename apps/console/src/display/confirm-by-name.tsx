import { Button, Code, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';

import { FailureAlert } from './failure-alert.tsx';

export interface ConfirmByNameProps {
  readonly title: string;
  readonly action: string;
  /** What has to be typed; absent = a click is enough */
  readonly name?: string;
  /** What will happen */
  readonly children: ReactNode;
  readonly pending: boolean;
  readonly error: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something is taken away, saying what. */
export function ConfirmByName({ title, action, name, children, pending, error, onConfirm, onClose }: ConfirmByNameProps) {
  const [typed, setTyped] = useState('');
  const isSure = name === undefined || typed === name;
  return (
    <Modal opened onClose={onClose} title={title} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isSure) onConfirm();
        }}
      >
        <Stack>
          <div>{children}</div>
          {name !== undefined && (
            <TextInput
              data-autofocus
              autoComplete="off"
              label={
                <Text span size="sm">
                  Type <Code>{name}</Code> to confirm
                </Text>
              }
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          )}
          {error !== null && error !== undefined && <FailureAlert error={error} title="It was not done" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" color="red.9" disabled={!isSure} loading={pending}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
