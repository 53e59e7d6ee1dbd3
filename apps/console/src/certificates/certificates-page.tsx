import { Group, List, Stack, Table, Text } from '@mantine/core';
import type { Certificate, CertificateDetails, CertificateList } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useState } from 'react';

import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { ConfirmAction } from '../display/confirm-action.tsx';
import { EmptyState } from '../display/empty-state.tsx';
import { FormModal } from '../display/form-modal.tsx';
import type { IconName } from '../display/icons.tsx';
import { PageHead } from '../display/page-head.tsx';
import { Paging, useOffset } from '../display/paging.tsx';
import { ReadView } from '../display/read-view.tsx';
import { SearchField } from '../display/search-field.tsx';
import { Since, Until } from '../display/since.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';
import { usePlace } from '../navigation/location.ts';

const PAGE_ROWS = 25;

/** Authorities that routers trust when they call upstreams. */
export default function CertificatesPage() {
  const search = usePlace().query.get('q') ?? '';
  const asked = new URLSearchParams({ limit: String(PAGE_ROWS), offset: String(useOffset(PAGE_ROWS)), search });
  const list = useRead<CertificateList>(`/certificates?${asked}`);
  const [isAdding, setIsAdding] = useState(false);
  const [removing, setRemoving] = useState<Certificate | null>(null);
  const add = (
    <ActionButton roles={ADMINS} onClick={() => setIsAdding(true)}>
      Upload a Certificate
    </ActionButton>
  );
  return (
    <>
      <PageHead
        title="Certificates"
        about="Authorities that routers trust when they call upstreams, beside those of the system"
        actions={add}
      />
      <SearchField label="Search by name or subject" value={search} />
      <ReadView query={list} what="The certificates">
        {({ certificates, total }) =>
          certificates.length === 0 ? (
            <EmptyState title={search === '' ? 'No certificate yet' : 'None fits'} action={search === '' ? add : undefined}>
              An upstream whose certificate was issued by an authority of your own is refused until that authority is uploaded
              here, as PEM.
            </EmptyState>
          ) : (
            <>
              <CertificateTable certificates={certificates} onRemove={setRemoving} />
              <Paging rows={PAGE_ROWS} total={total} />
            </>
          )
        }
      </ReadView>
      {isAdding && (
        <FormModal
          title="Upload a Certificate"
          action="Upload"
          failed="It was not uploaded"
          start={{ name: '', certificate: '' }}
          fields={[
            { name: 'name', label: 'Name', required: true, description: 'Letters, digits, dots, hyphens and underscores' },
            {
              name: 'certificate',
              label: 'PEM',
              required: true,
              kind: 'long',
              description: 'One, or a bundle of several',
              placeholder: '-----BEGIN CERTIFICATE-----',
            },
          ]}
          onSubmit={(body) => ask('POST', '/certificates', { body })}
          onClose={() => setIsAdding(false)}
        />
      )}
      {removing !== null && <RemoveCertificate certificate={removing} onClose={() => setRemoving(null)} />}
    </>
  );
}

function CertificateTable({
  certificates,
  onRemove,
}: {
  certificates: readonly Certificate[];
  onRemove: (one: Certificate) => void;
}) {
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Validity</Table.Th>
            <Table.Th>Name</Table.Th>
            <Table.Th>Subject</Table.Th>
            <Table.Th>Issuer</Table.Th>
            <Table.Th>Uploaded</Table.Th>
            <Table.Th>Delete</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {certificates.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Td data-label="Validity">
                <StateMark {...LOOKS[one.validity]} detail={<Bounds certificate={one} />} />
              </Table.Td>
              <Table.Td data-label="Name">
                <Text size="sm" fw={550}>
                  {one.name}
                </Text>
                {one.count > 1 && (
                  <Text size="xs" c="dimmed">
                    {one.count} certificates
                  </Text>
                )}
              </Table.Td>
              <Table.Td data-label="Subject">
                <code>{one.subject}</code>
                <Members certificate={one} />
              </Table.Td>
              <Table.Td data-label="Issuer">{one.issuer === one.subject ? 'itself' : <code>{one.issuer}</code>}</Table.Td>
              <Table.Td data-label="Uploaded">
                <Since at={one.createdAt} />
                <Text size="xs" c="dimmed">
                  by {one.createdBy}
                </Text>
              </Table.Td>
              <Table.Td data-label="Delete">
                <Group>
                  <ActionButton
                    roles={ADMINS}
                    size="compact-sm"
                    variant="default"
                    className="danger"
                    aria-label={`Delete ${one.name}`}
                    onClick={() => onRemove(one)}
                  >
                    Delete
                  </ActionButton>
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Bounds({ certificate: { validity, notBefore, notAfter } }: { certificate: Certificate }) {
  if (validity === 'expired') return <Since at={notAfter} prefix="since " suffix="" />;
  if (validity === 'not_yet_valid') return <Until at={notBefore} />;
  return <>until {new Date(notAfter).toLocaleDateString()}</>;
}

/** The fingerprints, asked for when somebody opens them. */
function Members({ certificate }: { certificate: Certificate }) {
  const [isOpen, setIsOpen] = useState(false);
  const details = useRead<CertificateDetails>(isOpen ? `/certificates/${certificate.id}` : null);
  return (
    <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary className="small">Fingerprint</summary>
      {details.data !== undefined && (
        <List size="xs">
          {details.data.body.certificates.map(({ subject, fingerprint256 }) => (
            <List.Item key={fingerprint256}>
              {subject}: <code className="wrap">{fingerprint256}</code>
            </List.Item>
          ))}
        </List>
      )}
    </details>
  );
}

const LOOKS: Readonly<Record<Certificate['validity'], { tone: Tone; icon: IconName; label: string }>> = {
  valid: { tone: 'good', icon: 'check', label: 'Valid' },
  expiring: { tone: 'warning', icon: 'clock', label: 'Expires soon' },
  expired: { tone: 'bad', icon: 'error', label: 'Expired' },
  not_yet_valid: { tone: 'warning', icon: 'clock', label: 'Not yet valid' },
};

function RemoveCertificate({ certificate, onClose }: { certificate: Certificate; onClose: () => void }) {
  return (
    <ConfirmAction
      title={`Delete ${certificate.name}?`}
      action="Delete"
      name={certificate.name}
      onConfirm={() => ask('DELETE', `/certificates/${certificate.id}`)}
      onClose={onClose}
    >
      <Stack gap="sm">
        <Text size="sm">
          Upstreams whose certificates {certificate.subject} issued are refused by every router (503) as soon as it has heard of
          it.
        </Text>
      </Stack>
    </ConfirmAction>
  );
}
