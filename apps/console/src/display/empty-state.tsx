import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** Nothing there: says what would be, and how to get it. */
export function EmptyState({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <Stack className="empty" align="center" gap="sm">
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text size="sm" c="dimmed" maw={520}>
        {children}
      </Text>
      {action}
    </Stack>
  );
}
