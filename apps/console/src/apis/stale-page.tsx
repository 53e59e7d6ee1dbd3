import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import type { RestApiAnswer } from '@tidegate/management-api';
import { useQuery } from '@tanstack/react-query';
import { stringify } from 'yaml';

import { ask } from '../api/request.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { Icon } from '../display/icons.tsx';
import { DifferenceView } from './difference-view.tsx';
import { submitted } from './submitted.ts';

interface StalePageProps {
  readonly path: string;
  /** What was typed here */
  readonly mine: string;
  readonly pending: boolean;
  readonly onOverwrite: (etag: string) => void;
  readonly onTake: (text: string) => void;
}

/** Somebody else wrote in between (412): shows theirs against mine, and leaves the choice. The input stays as it is. */
export function StalePage({ path, mine, pending, onOverwrite, onTake }: StalePageProps) {
  const { data, error } = useQuery({ queryKey: ['theirs', path], queryFn: () => ask<RestApiAnswer>('GET', path), gcTime: 0 });
  const theirs = data === undefined ? null : stringify(submitted(data.body));
  return (
    <Alert color="yellow" icon={<Icon name="warning" />} title="Somebody else changed this API meanwhile" role="alert">
      <Stack gap="sm">
        <Text size="sm">Your text is kept. Below is what saving it would change: red lines are theirs, green ones yours.</Text>
        {error !== null && theirs === null && <FailureAlert error={error} title="Theirs could not be read" />}
        {theirs !== null && <DifferenceView before={theirs} after={mine} label="Difference between theirs and yours" />}
        {theirs !== null && data !== undefined && (
          <Group>
            <Button size="xs" loading={pending} onClick={() => onOverwrite(data.etag)}>
              Save mine over theirs
            </Button>
            <Button size="xs" variant="default" onClick={() => onTake(theirs)}>
              Drop mine and start from theirs
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
