import { Text } from '@mantine/core';
import type { RestApiAnswer } from '@tidegate/management-api';
import { API_WRITERS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { ActionButton } from '../display/action-button.tsx';
import { ask } from '../api/request.ts';
import { ConfirmByName } from '../display/confirm-by-name.tsx';
import { ownedElsewhere, submitted } from './submitted.ts';

interface StateSwitchProps {
  readonly path: string;
  readonly api: RestApiAnswer;
  readonly etag: string;
}

/** Undeploy, or deploy again: the same document with another desired state. */
export function StateSwitch({ path, api, etag }: StateSwitchProps) {
  const [isAsking, setIsAsking] = useState(false);
  const client = useQueryClient();
  const isDeployed = api.desiredState === 'deployed';
  const change = useMutation({
    mutationFn: () => {
      const { spec, ...rest } = submitted(api) as { spec: Record<string, unknown> };
      const { deploymentState: _, ...others } = spec;
      const body = { ...rest, spec: { ...others, desiredState: isDeployed ? 'undeployed' : 'deployed' } };
      return ask('PUT', path, { body, headers: { 'if-match': etag } });
    },
    onSuccess: () => setIsAsking(false),
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <>
      <ActionButton roles={API_WRITERS} whyNot={ownedElsewhere(api)} variant="default" onClick={() => setIsAsking(true)}>
        {isDeployed ? 'Undeploy' : 'Deploy'}
      </ActionButton>
      {isAsking && (
        <ConfirmByName
          title={isDeployed ? `Undeploy ${api.displayName}?` : `Deploy ${api.displayName} again?`}
          action={isDeployed ? 'Undeploy' : 'Deploy'}
          pending={change.isPending}
          error={change.error}
          onConfirm={() => change.mutate()}
          onClose={() => {
            setIsAsking(false);
            change.reset();
          }}
        >
          <Text size="sm">
            {isDeployed ? 'Routers answer 404 below ' : 'Routers serve it below '}
            <code>{api.context}</code>
            {isDeployed ? '. Document, keys and the claim on its routes stay.' : ' again, with the keys it has.'}
          </Text>
        </ConfirmByName>
      )}
    </>
  );
}
