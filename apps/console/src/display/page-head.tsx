import { Group, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

import { Link } from '../navigation/link.tsx';

interface PageHeadProps {
  readonly title: string;
  readonly about?: ReactNode;
  /** Where this page hangs: label and place */
  readonly above?: { readonly label: string; readonly to: string };
  readonly actions?: ReactNode;
}

export function PageHead({ title, about, above, actions }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · Tidegate`;
  }, [title]);
  return (
    <header className="page-head">
      {above !== undefined && (
        <nav aria-label="Breadcrumb">
          <Link to={above.to} size="sm">
            {above.label}
          </Link>
          <Text span size="sm" c="dimmed" aria-hidden="true">
            {' '}
            / {title}
          </Text>
        </nav>
      )}
      <Group justify="space-between" align="flex-start" gap="sm">
        <div>
          <Title order={1} size="h2">
            {title}
          </Title>
          {about !== undefined && (
            <Text size="sm" c="dimmed">
              {about}
            </Text>
          )}
        </div>
        <Group gap="xs">{actions}</Group>
      </Group>
    </header>
  );
}
