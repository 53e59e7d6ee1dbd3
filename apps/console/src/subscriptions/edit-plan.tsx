import type { SubscriptionPlan } from '@tidegate/management-api';

import { ask } from '../api/request.ts';
import { FormModal, type FormValues } from '../display/form-modal.tsx';

/** `plan` null = a new one. */
export function EditPlan({ plan, onClose }: { plan: SubscriptionPlan | null; onClose: () => void }) {
  return (
    <FormModal
      title={plan === null ? 'Add a Plan' : plan.planName}
      action={plan === null ? 'Add' : 'Save'}
      failed={plan === null ? 'It was not added' : 'It was not changed'}
      start={{
        planName: plan?.planName ?? '',
        throttleLimitCount: String(plan?.throttleLimitCount ?? ''),
        throttleLimitUnit: plan?.throttleLimitUnit ?? 'Min',
        stopOnQuotaReach: String(plan?.stopOnQuotaReach ?? true),
        expiryTime: plan?.expiryTime === undefined ? '' : localTime(plan.expiryTime),
        status: plan?.status ?? 'ACTIVE',
      }}
      fields={[
        { name: 'planName', label: 'Name', required: true },
        { name: 'throttleLimitCount', label: 'Requests', kind: 'number', description: 'Empty: any number' },
        {
          name: 'throttleLimitUnit',
          label: 'In a',
          data: [
            { value: 'Min', label: 'minute' },
            { value: 'Hour', label: 'hour' },
            { value: 'Day', label: 'day' },
            { value: 'Month', label: 'month of 30 days' },
          ],
        },
        { name: 'stopOnQuotaReach', label: 'Refuse what is beyond (429); otherwise it is only counted', kind: 'flag' },
        { name: 'expiryTime', label: 'Ends', kind: 'time', description: 'Empty: never' },
        {
          name: 'status',
          label: 'Status',
          data: [
            { value: 'ACTIVE', label: 'active' },
            { value: 'INACTIVE', label: 'inactive: its subscriptions are refused' },
          ],
        },
      ]}
      onSubmit={(values) =>
        plan === null
          ? ask('POST', '/subscription-plans', { body: bodyOf(values, undefined) })
          : ask('PUT', `/subscription-plans/${plan.id}`, {
              body: bodyOf(values, null),
              headers: { 'if-match': `"${plan.generation}"` },
            })
      }
      onClose={onClose}
    />
  );
}

/** `nothing` = how an empty field is said: left out of a new plan, null to take it from one that has it. */
function bodyOf(
  { planName, throttleLimitCount, throttleLimitUnit, stopOnQuotaReach, expiryTime, status }: FormValues,
  nothing: null | undefined,
) {
  const isLimited = throttleLimitCount !== '';
  return {
    planName,
    throttleLimitCount: isLimited ? Number(throttleLimitCount) : nothing,
    throttleLimitUnit: isLimited ? throttleLimitUnit : nothing,
    stopOnQuotaReach: stopOnQuotaReach === 'true',
    expiryTime: expiryTime === '' || expiryTime === undefined ? nothing : new Date(expiryTime).toISOString(),
    status,
  };
}

/** As a datetime-local field takes it: in the browser's zone, to the minute. */
function localTime(iso: string): string {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
