import { Card, List, SegmentedControl, Stack, Text, Title, useMantineColorScheme } from '@mantine/core';

import { useSession } from '../api/session.ts';
import { PageHead } from '../display/page-head.tsx';

/** What this browser and this session are set to. */
export default function SettingsPage() {
  const session = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  if (typeof session === 'string') return null;
  return (
    <>
      <PageHead title="Settings" about="Of this browser, and of whoever is signed in" />
      <Stack maw={760}>
        <Card withBorder>
          <Title order={2} size="h4" mb="xs">
            Session
          </Title>
          <dl className="facts">
            <dt>User</dt>
            <dd>{session.user}</dd>
            <dt>Roles</dt>
            <dd>{session.roles.length === 0 ? 'none' : session.roles.join(', ')}</dd>
            <dt>May</dt>
            <dd>
              <List size="sm">
                {MAY.filter(({ roles }) => roles.some((role) => session.roles.includes(role))).map(({ what }) => (
                  <List.Item key={what}>{what}</List.Item>
                ))}
              </List>
            </dd>
          </dl>
        </Card>
        <Card withBorder>
          <Title order={2} size="h4" mb="xs">
            Look
          </Title>
          <SegmentedControl
            aria-label="Theme"
            value={colorScheme}
            onChange={(next) => setColorScheme(next)}
            data={[
              { value: 'auto', label: 'As the system' },
              { value: 'light', label: 'Light' },
              { value: 'dark', label: 'Dark' },
            ]}
          />
          <Text size="sm" c="dimmed" mt="xs">
            Kept in this browser. Times are in its zone, {Intl.DateTimeFormat().resolvedOptions().timeZone}.
          </Text>
        </Card>
      </Stack>
    </>
  );
}

const MAY = [
  { what: 'see everything', roles: ['admin', 'developer', 'viewer'] },
  { what: 'deploy, change and delete APIs, and steer their sync', roles: ['admin', 'developer'] },
  { what: 'make and revoke API keys', roles: ['admin', 'consumer'] },
  { what: 'change gateways, environments and migrations', roles: ['admin'] },
  { what: 'manage subscriptions, plans, secrets and certificates', roles: ['admin'] },
  { what: 'read the audit log', roles: ['admin', 'viewer'] },
] as const;
