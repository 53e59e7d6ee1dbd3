import { Checkbox, List, Stack, Text } from '@mantine/core';
import type { GatewayItem } from '@tidegate/management-api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { ApiFailure, ask } from '../api/request.ts';
import { ConfirmByName } from '../display/confirm-by-name.tsx';
import { navigate } from '../navigation/location.ts';

export function RemoveGateway({ gateway, path, onClose }: { gateway: GatewayItem; path: string; onClose: () => void }) {
  const [detach, setDetach] = useState(false);
  const [acknowledge, setAcknowledge] = useState(false);
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: () => ask('DELETE', `${path}?detachEnvironments=${detach}&acknowledgeMigrations=${acknowledge}`),
    onSuccess: () => {
      navigate('/gateways?view=deleted');
      return client.invalidateQueries();
    },
  });
  const mentionsMigration = removal.error instanceof ApiFailure && /migration/i.test(removal.error.code);
  return (
    <ConfirmByName
      title={`Delete ${gateway.displayName}?`}
      action="Delete"
      name={gateway.handle}
      pending={removal.isPending}
      error={removal.error}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    >
      <Stack gap="sm">
        <List size="sm">
          <List.Item>its {gateway.status.nodes.total} nodes are refused from now on</List.Item>
          <List.Item>it stays in the Deleted view; its name may be used again</List.Item>
        </List>
        {gateway.environments.length > 0 && (
          <Checkbox
            label={`Leave ${gateway.environments.map(({ name }) => name).join(', ')} on no gateway; what they serve is served no more`}
            checked={detach}
            onChange={(event) => setDetach(event.currentTarget.checked)}
          />
        )}
        {mentionsMigration && (
          <Checkbox
            label="Migrations that name this gateway will show an error; delete it anyway"
            checked={acknowledge}
            onChange={(event) => setAcknowledge(event.currentTarget.checked)}
          />
        )}
        <Text size="sm">This cannot be undone.</Text>
      </Stack>
    </ConfirmByName>
  );
}
