import { List, Text } from '@mantine/core';
import type { DryRun } from '@tidegate/management-api';

/** What deploying or saving would do to the routes, as the server says. */
export function DryRunView({ dryRun }: { dryRun: DryRun }) {
  const { action, routes, apim, warnings } = dryRun;
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
      <Text size="sm" c="dimmed">
        {apimText(apim)}
      </Text>
      {apim.losses.length > 0 && (
        <List size="sm" mt={4}>
          {apim.losses.map(({ path, message }) => (
            <List.Item key={path}>
              <code>{path}</code> APIM cannot be told: {message}
            </List.Item>
          ))}
        </List>
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

function apimText({ action, changes, refused }: DryRun['apim']): string {
  if (refused !== undefined) return `APIM cannot import it: ${refused}`;
  if (action === 'nothing') return 'APIM would receive nothing.';
  if (action === 'undeploy') return 'It would be undeployed in APIM.';
  return `APIM would receive it, with ${
    changes.length === 0
      ? 'nothing'
      : changes
          .map(({ path }) => path)
          .slice(0, 4)
          .join(', ')
  } changed.`;
}
