import { List, Text } from '@mantine/core';
import type { RestApiAnswer } from '@tidegate/management-api';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { ask } from '../api/request.ts';
import { ConfirmByName } from '../display/confirm-by-name.tsx';
import { navigate } from '../navigation/location.ts';

export function RemoveApi({ path, api, onClose }: { path: string; api: RestApiAnswer; onClose: () => void }) {
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: () => ask('DELETE', path),
    onSuccess: () => {
      navigate('/apis');
      client.removeQueries({ queryKey: [path] });
      return client.invalidateQueries();
    },
  });
  return (
    <ConfirmByName
      title={`Delete ${api.displayName} ${api.version}?`}
      action="Delete"
      name={api.status.id}
      pending={removal.isPending}
      error={removal.error}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    >
      <Text size="sm">This cannot be undone:</Text>
      <List size="sm">
        <List.Item>
          routers stop serving <code>{api.context}</code>
        </List.Item>
        <List.Item>its keys are refused</List.Item>
        {api.origin === 'gateway_api' && <List.Item>it is undeployed in APIM</List.Item>}
      </List>
    </ConfirmByName>
  );
}
