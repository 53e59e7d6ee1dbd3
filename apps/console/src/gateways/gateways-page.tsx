import { Tabs } from '@mantine/core';
import { ADMINS } from '@tidegate/management-api/who';

import { AddEnvironment } from '../environments/add-environment.tsx';
import { MigrationTable } from '../environments/migration-table.tsx';
import { ActionButton } from '../display/action-button.tsx';
import { PageHead } from '../display/page-head.tsx';
import { changeView, usePlace } from '../navigation/location.ts';
import { AddGateway } from './add-gateway.tsx';
import { GatewayTable } from './gateway-table.tsx';

export function GatewaysPage() {
  const { query } = usePlace();
  const tab = query.get('tab') ?? 'gateways';
  const adding = query.get('add');
  const setAdding = (what: string) => changeView({ add: what });
  return (
    <>
      <PageHead
        title="Gateways"
        about="API Gateways, the environments attached to them, and their migrations"
        actions={
          <>
            <ActionButton roles={ADMINS} variant="default" onClick={() => setAdding('environment')}>
              Add an Environment
            </ActionButton>
            <ActionButton roles={ADMINS} onClick={() => setAdding('gateway')}>
              Add a Gateway
            </ActionButton>
          </>
        }
      />
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => changeView({ tab: next === 'gateways' ? '' : (next ?? ''), q: '', sort: '', view: '' })}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="gateways">Gateways &amp; Environments</Tabs.Tab>
          <Tabs.Tab value="migration">Environment Migration</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="gateways">
          <GatewayTable />
        </Tabs.Panel>
        <Tabs.Panel value="migration">
          <MigrationTable />
        </Tabs.Panel>
      </Tabs>
      {adding === 'gateway' && <AddGateway onClose={() => setAdding('')} />}
      {adding === 'environment' && <AddEnvironment onClose={() => setAdding('')} />}
    </>
  );
}
