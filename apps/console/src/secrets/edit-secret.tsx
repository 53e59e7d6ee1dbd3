import type { Secret, SecretItem } from '@tidegate/management-api';

import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { FormModal } from '../display/form-modal.tsx';

/** `secret` null = a new one. Its value is always given anew: nobody can read the old one. */
export function EditSecret({ secret, onClose }: { secret: SecretItem | null; onClose: () => void }) {
  const path = secret === null ? null : `/secrets/${encodeURIComponent(secret.metadata.name)}`;
  const details = useRead<Secret>(path);
  if (secret !== null && details.data === undefined) return null;
  const usedBy = details.data?.body.status.usedBy ?? [];
  return (
    <FormModal
      title={secret === null ? 'Add a Secret' : `Change ${secret.metadata.name}`}
      action={secret === null ? 'Add' : 'Save'}
      failed={secret === null ? 'It was not added' : 'It was not changed'}
      start={{
        'metadata.name': secret?.metadata.name ?? '',
        'spec.displayName': secret?.spec.displayName ?? '',
        'spec.value': '',
      }}
      fields={[
        ...(secret === null
          ? [{ name: 'metadata.name', label: 'Name', required: true, description: 'What documents call it; no spaces' }]
          : []),
        { name: 'spec.displayName', label: 'Display name', required: true },
        {
          name: 'spec.value',
          label: 'Value',
          kind: 'secret',
          required: true,
          description: usedBy.length === 0 ? 'Not shown again' : `Not shown again; ${usedBy.join(', ')} will use it at once`,
        },
      ]}
      onSubmit={(values) => {
        const body = {
          kind: 'Secret',
          metadata: { ...details.data?.body.metadata, name: values['metadata.name'] },
          spec: { ...details.data?.body.spec, displayName: values['spec.displayName'], value: values['spec.value'] },
        };
        if (path === null) return ask('POST', '/secrets', { body });
        return ask('PUT', path, { body, headers: { 'if-match': details.data?.etag ?? '' } });
      }}
      onClose={onClose}
    />
  );
}
