import { List, Text } from '@mantine/core';
import type { DryRun } from '@tidegate/management-api';

/** What deploying or saving would do to the routes, as the server says. */
export function DryRunView({ dryRun }: { dryRun: DryRun }) {
  const { action, routes, warnings } = dryRun;
  const counts = [
    [routes.added.length, 'added'],
    [routes.changed.length, 'changed'],
    [routes.removed.length, 'removed'],
    [routes.unchanged, 'unchanged'],
  ] as const;
  const parts = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return (
    <div>
      <Text size="sm" role="status">
        {action === 'unchanged'
          ? 'This is what is stored already.'
          : `The server would accept it. Routes: ${parts.join(', ') || 'none'}.`}
      </Text>
      {routes.removed.length > 0 && action === 'update' && (
        <Text size="sm" c="var(--tone-warning)">
          No longer served:{' '}
          {routes.removed
            .slice(0, 5)
            .map(({ method, path }) => `${method} ${path}`)
            .join(', ')}
          {routes.removed.length > 5 ? ` and ${routes.removed.length - 5} more` : ''}
        </Text>
      )}
      {warnings.length > 0 && (
        <List size="sm" mt={4}>
          {warnings.map(({ path, message }, at) => (
            <List.Item key={at}>
              <code>{path}</code> {message}
            </List.Item>
          ))}
        </List>
      )}
    </div>
  );
}
