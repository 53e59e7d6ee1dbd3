import { Text } from '@mantine/core';

import { PageHead } from '../display/page-head.tsx';
import { Link } from '../navigation/link.tsx';

export function NotFoundPage() {
  return (
    <>
      <PageHead title="There is no such page" />
      <Text>
        The address may be mistyped, or belong to another release. Go to <Link to="/apis">the APIs</Link> or{' '}
        <Link to="/gateways">the gateways</Link>.
      </Text>
    </>
  );
}
