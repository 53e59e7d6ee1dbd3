import type { MigrationItem } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { ask } from '../api/request.ts';
import { ActionButton } from '../display/action-button.tsx';
import { FailureAlert } from '../display/failure-alert.tsx';
import { navigate } from '../navigation/location.ts';

/** Makes the draft, which is there from now on, and goes to its first step. */
export function StartMigration({ environmentId, label }: { environmentId: string; label: string }) {
  const client = useQueryClient();
  const creation = useMutation({
    mutationFn: () => ask<MigrationItem>('POST', '/environment-migrations', { body: { environmentId } }),
    onSuccess: ({ body }) => {
      void client.invalidateQueries();
      navigate(`/migrations/${body.id}`);
    },
  });
  return (
    <>
      {creation.error !== null && <FailureAlert error={creation.error} title="No migration was created" />}
      <ActionButton
        roles={ADMINS}
        whyNot={environmentId === '' ? 'Choose an environment first' : null}
        loading={creation.isPending}
        onClick={() => creation.mutate()}
      >
        {label}
      </ActionButton>
    </>
  );
}
