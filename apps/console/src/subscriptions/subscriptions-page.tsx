import { Tabs } from '@mantine/core';

import { PageHead } from '../display/page-head.tsx';
import { changeView, usePlace } from '../navigation/location.ts';
import { PlanTable } from './plan-table.tsx';
import { SubscriptionTable } from './subscription-table.tsx';

/** Who may call which API under which plan. */
export default function SubscriptionsPage() {
  const tab = usePlace().query.get('tab') === 'plans' ? 'plans' : 'subscriptions';
  return (
    <>
      <PageHead title="Subscriptions" about="Who may call which API, and how much of it their plan allows" />
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => changeView({ tab: next === 'plans' ? 'plans' : '', q: '', page: '', status: '' })}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="subscriptions">Subscriptions</Tabs.Tab>
          <Tabs.Tab value="plans">Plans</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="subscriptions">
          <SubscriptionTable />
        </Tabs.Panel>
        <Tabs.Panel value="plans">
          <PlanTable />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
