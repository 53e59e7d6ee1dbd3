import { Group, NativeSelect, Stack, Table, Text } from '@mantine/core';
import type { RestApiList, Subscription, SubscriptionList, SubscriptionPlanList } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useState } from 'react';

import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { ConfirmAction } from '../display/confirm-action.tsx';
import { EmptyState } from '../display/empty-state.tsx';
import { FormModal } from '../display/form-modal.tsx';
import type { IconName } from '../display/icons.tsx';
import { Paging, useOffset } from '../display/paging.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Since } from '../display/since.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';
import { Link } from '../navigation/link.tsx';
import { changeView, usePlace } from '../navigation/location.ts';

const PAGE_ROWS = 25;
const STATUSES = ['ACTIVE', 'INACTIVE', 'REVOKED'] as const;

export function SubscriptionTable() {
  const status = usePlace().query.get('status') ?? '';
  const asked = new URLSearchParams({ limit: String(PAGE_ROWS), offset: String(useOffset(PAGE_ROWS)), status });
  const list = useRead<SubscriptionList>(`/subscriptions?${asked}`);
  const [dialog, setDialog] = useState<Subscription | 'new' | null>(null);
  const [removing, setRemoving] = useState<Subscription | null>(null);
  const add = (
    <ActionButton roles={ADMINS} onClick={() => setDialog('new')}>
      Add a Subscription
    </ActionButton>
  );
  return (
    <Stack>
      <Group justify="space-between" align="flex-end">
        <NativeSelect
          label="Status"
          value={status}
          data={[{ value: '', label: 'any' }, ...STATUSES.map((value) => ({ value, label: WORDS[value] }))]}
          onChange={(event) => changeView({ status: event.currentTarget.value, page: '' })}
        />
        {add}
      </Group>
      <ReadView query={list} what="The subscriptions">
        {({ subscriptions, total }) =>
          subscriptions.length === 0 ? (
            <EmptyState
              title={status === '' ? 'No subscription yet' : 'None with this status'}
              action={status === '' ? add : undefined}
            >
              A subscription lets an application call an API that has the policy <code>subscription-validation</code>, as often as
              its plan allows. Its token travels in a header.
            </EmptyState>
          ) : (
            <>
              <Rows subscriptions={subscriptions} onChange={setDialog} onRemove={setRemoving} />
              <Paging rows={PAGE_ROWS} total={total} />
            </>
          )
        }
      </ReadView>
      {dialog === 'new' && <NewSubscription onClose={() => setDialog(null)} />}
      {dialog !== null && dialog !== 'new' && <ChangeStatus subscription={dialog} onClose={() => setDialog(null)} />}
      {removing !== null && <RemoveSubscription subscription={removing} onClose={() => setRemoving(null)} />}
    </Stack>
  );
}

interface RowsProps {
  readonly subscriptions: readonly Subscription[];
  readonly onChange: (subscription: Subscription) => void;
  readonly onRemove: (subscription: Subscription) => void;
}

function Rows({ subscriptions, onChange, onRemove }: RowsProps) {
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Status</Table.Th>
            <Table.Th>API</Table.Th>
            <Table.Th>Application</Table.Th>
            <Table.Th>Plan</Table.Th>
            <Table.Th>Made</Table.Th>
            <Table.Th>Action</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {subscriptions.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Td data-label="Status">
                <StateMark {...LOOKS[one.effective]} detail={<Since at={one.updatedAt} prefix="changed " />} />
              </Table.Td>
              <Table.Td data-label="API">
                <Link to={`/apis/${encodeURIComponent(one.apiHandle)}`}>{one.apiHandle}</Link>
              </Table.Td>
              <Table.Td data-label="Application">{one.applicationId ?? '—'}</Table.Td>
              <Table.Td data-label="Plan">{one.subscriptionPlanName ?? '—'}</Table.Td>
              <Table.Td data-label="Made">
                <Since at={one.createdAt} />
                <Text size="xs" c="dimmed">
                  {one.origin === 'control_plane' ? 'by the control plane' : `by ${one.createdBy}`}
                </Text>
              </Table.Td>
              <Table.Td data-label="Action">
                <Group gap="xs">
                  <ActionButton
                    roles={ADMINS}
                    whyNot={ownedBy(one)}
                    size="compact-sm"
                    variant="default"
                    onClick={() => onChange(one)}
                  >
                    Change
                  </ActionButton>
                  <ActionButton
                    roles={ADMINS}
                    whyNot={ownedBy(one)}
                    size="compact-sm"
                    variant="default"
                    className="danger"
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

function ownedBy({ origin }: Subscription): string | null {
  return origin === 'control_plane' ? 'It belongs to the control plane and is changed there' : null;
}

function NewSubscription({ onClose }: { onClose: () => void }) {
  const apis = useRead<RestApiList>('/rest-apis?limit=1000&sort=displayName');
  const plans = useRead<SubscriptionPlanList>('/subscription-plans?status=ACTIVE');
  const first = apis.data?.body.apis[0];
  if (first === undefined || plans.data === undefined) return null;
  return (
    <FormModal
      title="Add a Subscription"
      action="Add"
      failed="It was not added"
      start={{ apiId: first.status.id, applicationId: '', subscriptionToken: '', subscriptionPlanId: '' }}
      fields={[
        {
          name: 'apiId',
          label: 'API',
          data: (apis.data?.body.apis ?? []).map(({ status, displayName, version }) => ({
            value: status.id,
            label: `${displayName} ${version}`,
          })),
        },
        { name: 'applicationId', label: 'Application', description: 'Whatever its owner calls it' },
        {
          name: 'subscriptionToken',
          label: 'Token',
          description: 'What callers send; it is not shown again',
          kind: 'secret',
          required: true,
        },
        {
          name: 'subscriptionPlanId',
          label: 'Plan',
          data: [
            { value: '', label: 'none: without a limit' },
            ...plans.data.body.subscriptionPlans.map(({ id, planName }) => ({ value: id, label: planName })),
          ],
        },
      ]}
      onSubmit={(values) =>
        ask('POST', '/subscriptions', { body: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')) })
      }
      onClose={onClose}
    />
  );
}

function ChangeStatus({ subscription, onClose }: { subscription: Subscription; onClose: () => void }) {
  return (
    <FormModal
      title={`Subscription to ${subscription.apiHandle}`}
      action="Save"
      failed="It was not changed"
      start={{ status: subscription.status }}
      fields={[{ name: 'status', label: 'Status', data: STATUSES.map((value) => ({ value, label: WORDS[value] })) }]}
      onSubmit={(body) =>
        ask('PUT', `/subscriptions/${subscription.id}`, { body, headers: { 'if-match': `"${subscription.generation}"` } })
      }
      onClose={onClose}
    />
  );
}

function RemoveSubscription({ subscription, onClose }: { subscription: Subscription; onClose: () => void }) {
  return (
    <ConfirmAction
      title="Delete the subscription?"
      action="Delete"
      onConfirm={() => ask('DELETE', `/subscriptions/${subscription.id}`)}
      onClose={onClose}
    >
      <Text size="sm">
        Calls of {subscription.applicationId ?? 'its application'} to {subscription.apiHandle} with its token are refused as soon
        as routers have heard of it.
      </Text>
    </ConfirmAction>
  );
}

const WORDS = { ACTIVE: 'active', INACTIVE: 'inactive', REVOKED: 'revoked' } as const;

const LOOKS: Readonly<Record<Subscription['effective'], { tone: Tone; icon: IconName; label: string }>> = {
  ACTIVE: { tone: 'good', icon: 'check', label: 'Active' },
  INACTIVE: { tone: 'quiet', icon: 'pause', label: 'Inactive' },
  REVOKED: { tone: 'bad', icon: 'none', label: 'Revoked' },
  PLAN_INACTIVE: { tone: 'warning', icon: 'pause', label: 'Its plan is inactive' },
  PLAN_EXPIRED: { tone: 'warning', icon: 'clock', label: 'Its plan has expired' },
};
