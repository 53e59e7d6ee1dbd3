import { Alert, Button, Code, Modal, Stack } from '@mantine/core';
import type { GatewayItem, NotificationSubscriptionCreated } from '@tidegate/management-api';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { ask } from '../api/request.ts';
import { FormModal } from '../display/form-modal.tsx';

/** Of a webhook the secret that signs it is shown, once. */
export function NewNotification({ gateway, onClose }: { gateway: GatewayItem; onClose: () => void }) {
  const [secret, setSecret] = useState<string | null>(null);
  const client = useQueryClient();
  if (secret !== null) {
    return (
      <Modal opened onClose={onClose} title="Subscribed" centered>
        <Stack>
          <Alert color="cyan" variant="light" title="Signs its webhooks; shown this once" role="status">
            <Code block tabIndex={0}>
              {secret}
            </Code>
          </Alert>
          <Button onClick={onClose}>Done</Button>
        </Stack>
      </Modal>
    );
  }
  return (
    <FormModal
      title="Subscribe to notifications"
      action="Subscribe"
      failed="Nobody is told"
      start={{ channel: 'webhook', target: '', level: 'WARNING', eventType: 'all', gatewayId: gateway.id }}
      fields={[
        {
          name: 'channel',
          label: 'By',
          data: [
            { value: 'webhook', label: 'webhook' },
            { value: 'email', label: 'e-mail' },
          ],
        },
        { name: 'target', label: 'To', required: true, description: 'An https URL, or a mail address' },
        {
          name: 'level',
          label: 'Level',
          data: [
            { value: 'INFO', label: 'everything' },
            { value: 'WARNING', label: 'warnings and errors' },
            { value: 'ERROR', label: 'errors' },
          ],
        },
        {
          name: 'eventType',
          label: 'About',
          data: [
            { value: 'all', label: 'anything' },
            { value: 'status', label: 'its status' },
            { value: 'issue', label: 'issues' },
            { value: 'operation', label: 'restarts and updates' },
          ],
        },
        {
          name: 'gatewayId',
          label: 'Of',
          data: [
            { value: gateway.id, label: gateway.displayName },
            { value: '*', label: 'every gateway, those to come too' },
          ],
        },
      ]}
      onSubmit={async (body) => {
        const made = await ask<NotificationSubscriptionCreated>('POST', '/notification-subscriptions', { body });
        void client.invalidateQueries();
        if (made.body.secret === null) onClose();
        else setSecret(made.body.secret);
      }}
      onDone={() => undefined}
      onClose={onClose}
    />
  );
}
