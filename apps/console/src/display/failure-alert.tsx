import { Alert, List, Text } from '@mantine/core';

import { ApiFailure } from '../api/request.ts';
import { Icon } from './icons.tsx';

/** What went wrong in the server's own words, with the fields it names and the id to look for in its log. */
export function FailureAlert({ error, title }: { error: unknown; title: string }) {
  const failure = error instanceof ApiFailure ? error : null;
  return (
    <Alert color="red" title={title} icon={<Icon name="error" />} role="alert" variant="light">
      <Text size="sm">{failure?.message ?? String(error)}</Text>
      {failure !== null && failure.errors.length > 0 && (
        <List size="sm" mt={4}>
          {failure.errors.map(({ field, message }, at) => (
            <List.Item key={at}>
              {field === '' ? null : <code>{field}</code>} {message}
            </List.Item>
          ))}
        </List>
      )}
      {failure !== null && failure.requestId !== '' && (
        <Text size="xs" mt={4} className="muted">
          {failure.code}, request {failure.requestId}
        </Text>
      )}
    </Alert>
  );
}
