import type { GatewayItem, OperationItem } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useState } from 'react';

import { ask } from '../api/request.ts';
import { ActionButton } from '../display/action-button.tsx';
import { FormModal } from '../display/form-modal.tsx';

/** Node by node unless told otherwise; what is in flight is waited for. */
export function RestartGateway({ gateway, path }: { gateway: GatewayItem; path: string }) {
  const [isAsking, setIsAsking] = useState(false);
  const { operation, nodes } = gateway.status;
  const whyNot =
    operation !== null
      ? 'An operation is under way'
      : nodes.online === 0
        ? 'No node of it is online: there is nothing to restart'
        : null;
  return (
    <>
      <ActionButton roles={ADMINS} variant="default" whyNot={whyNot} onClick={() => setIsAsking(true)}>
        Restart Gateway
      </ActionButton>
      {isAsking && (
        <FormModal
          title={`Restart ${gateway.displayName}?`}
          action="Restart"
          failed="It was not restarted"
          start={{ strategy: 'rolling', forceAfterMinutes: String(gateway.forceRestartMinutes), reason: '' }}
          fields={[
            {
              name: 'strategy',
              label: 'How',
              data: [
                { value: 'rolling', label: 'one node after the other: the gateway goes on serving' },
                { value: 'all', label: 'all nodes at once: nothing is served meanwhile' },
              ],
            },
            {
              name: 'forceAfterMinutes',
              label: 'Force Restart After X Minutes',
              description: 'What is in flight then is cut; 0: it is waited for, however long that takes',
              kind: 'number',
            },
            { name: 'reason', label: 'Reason', description: 'Stands in the audit log' },
          ]}
          onSubmit={({ strategy, forceAfterMinutes, reason }) =>
            ask<OperationItem>('POST', `${path}/restart`, {
              body: { strategy, forceAfterMinutes: Number(forceAfterMinutes), ...(reason === '' ? {} : { reason }) },
            })
          }
          onClose={() => setIsAsking(false)}
        />
      )}
    </>
  );
}
