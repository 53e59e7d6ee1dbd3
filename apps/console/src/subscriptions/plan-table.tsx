import { Group, Stack, Table, Text } from '@mantine/core';
import type { SubscriptionPlan, SubscriptionPlanList } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useState } from 'react';

import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { ConfirmAction } from '../display/confirm-action.tsx';
import { EmptyState } from '../display/empty-state.tsx';
import { Paging, useOffset } from '../display/paging.tsx';
import { ReadView } from '../display/read-view.tsx';
import { SearchField } from '../display/search-field.tsx';
import { StateMark } from '../display/state-mark.tsx';
import { usePlace } from '../navigation/location.ts';
import { EditPlan } from './edit-plan.tsx';

const PAGE_ROWS = 25;

/** How much each plan allows. */
export function PlanTable() {
  const search = usePlace().query.get('q') ?? '';
  const asked = new URLSearchParams({ limit: String(PAGE_ROWS), offset: String(useOffset(PAGE_ROWS)), search });
  const list = useRead<SubscriptionPlanList>(`/subscription-plans?${asked}`);
  const [editing, setEditing] = useState<SubscriptionPlan | 'new' | null>(null);
  const [removing, setRemoving] = useState<SubscriptionPlan | null>(null);
  const add = (
    <ActionButton roles={ADMINS} onClick={() => setEditing('new')}>
      Add a Plan
    </ActionButton>
  );
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <SearchField label="Search plans by name" value={search} />
        {add}
      </Group>
      <ReadView query={list} what="The plans">
        {({ subscriptionPlans, total }) =>
          subscriptionPlans.length === 0 ? (
            <EmptyState title={search === '' ? 'No plan yet' : 'No plan is called that'} action={search === '' ? add : undefined}>
              A plan says how many requests a subscription may make in a minute, hour, day or month, and what happens beyond.
            </EmptyState>
          ) : (
            <>
              <div className="table-wrap">
                <Table className="cards" verticalSpacing="sm">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Plan</Table.Th>
                      <Table.Th>Status</Table.Th>
                      <Table.Th>Allows</Table.Th>
                      <Table.Th>Beyond that</Table.Th>
                      <Table.Th>Subscriptions</Table.Th>
                      <Table.Th>Action</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {subscriptionPlans.map((plan) => (
                      <PlanRow key={plan.id} plan={plan} onEdit={setEditing} onRemove={setRemoving} />
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
              <Paging rows={PAGE_ROWS} total={total} />
            </>
          )
        }
      </ReadView>
      {editing !== null && <EditPlan plan={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      {removing !== null && <RemovePlan plan={removing} onClose={() => setRemoving(null)} />}
    </Stack>
  );
}

interface PlanRowProps {
  readonly plan: SubscriptionPlan;
  readonly onEdit: (plan: SubscriptionPlan) => void;
  readonly onRemove: (plan: SubscriptionPlan) => void;
}

function PlanRow({ plan, onEdit, onRemove }: PlanRowProps) {
  const { planName, status, throttleLimitCount, throttleLimitUnit, stopOnQuotaReach, subscriptionCount, expiryTime, origin } =
    plan;
  const owner = origin === 'control_plane' ? 'It belongs to the control plane and is changed there' : null;
  const inUse = subscriptionCount > 0 ? `${subscriptionCount} subscriptions have it` : null;
  return (
    <Table.Tr>
      <Table.Td data-label="Plan">
        <Text size="sm" fw={550}>
          {planName}
        </Text>
      </Table.Td>
      <Table.Td data-label="Status">
        <StateMark
          tone={status === 'ACTIVE' ? 'good' : 'quiet'}
          icon={status === 'ACTIVE' ? 'check' : 'pause'}
          label={status === 'ACTIVE' ? 'Active' : 'Inactive'}
          detail={expiryTime === undefined ? null : `until ${new Date(expiryTime).toLocaleString()}`}
        />
      </Table.Td>
      <Table.Td data-label="Allows">
        {throttleLimitCount === undefined
          ? 'any number of requests'
          : `${throttleLimitCount.toLocaleString()} requests ${UNITS[throttleLimitUnit ?? 'Min']}`}
      </Table.Td>
      <Table.Td data-label="Beyond that">{stopOnQuotaReach ? 'refused (429)' : 'counted only'}</Table.Td>
      <Table.Td data-label="Subscriptions">{subscriptionCount}</Table.Td>
      <Table.Td data-label="Action">
        <Group gap="xs">
          <ActionButton
            roles={ADMINS}
            whyNot={owner}
            size="compact-sm"
            variant="default"
            aria-label={`Change ${planName}`}
            onClick={() => onEdit(plan)}
          >
            Change
          </ActionButton>
          <ActionButton
            roles={ADMINS}
            whyNot={owner ?? inUse}
            size="compact-sm"
            variant="default"
            className="danger"
            aria-label={`Delete ${planName}`}
            onClick={() => onRemove(plan)}
          >
            Delete
          </ActionButton>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

const UNITS = { Min: 'a minute', Hour: 'an hour', Day: 'a day', Month: 'a month' } as const;

function RemovePlan({ plan, onClose }: { plan: SubscriptionPlan; onClose: () => void }) {
  return (
    <ConfirmAction
      title={`Delete ${plan.planName}?`}
      action="Delete"
      onConfirm={() => ask('DELETE', `/subscription-plans/${plan.id}`)}
      onClose={onClose}
    >
      <Text size="sm">No subscription has it; nobody is refused by that.</Text>
    </ConfirmAction>
  );
}
