import { Button, Tabs } from '@mantine/core';

import { AddEnvironment } from '../environments/add-environment.tsx';
import { MigrationTable } from '../environments/migration-table.tsx';
import { PageHead } from '../display/page-head.tsx';
import { changeView, usePlace } from '../navigation/location.ts';
import { AddGateway } from './add-gateway.tsx';
import { GatewayTable } from './gateway-table.tsx';
import { useState } from 'react';

export function GatewaysPage() {
  const [adding, setAdding] = useState<'gateway' | 'environment' | null>(null);
  const tab = usePlace().query.get('tab') ?? 'gateways';
  return (
    <>
      <PageHead
        title="Gateways"
        about="API Gateways, the environments attached to them, and their migrations"
        actions={
          <>
            <Button variant="default" onClick={() => setAdding('environment')}>
              Add an Environment
            </Button>
            <Button onClick={() => setAdding('gateway')}>Add a Gateway</Button>
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
      {adding === 'gateway' && <AddGateway onClose={() => setAdding(null)} />}
      {adding === 'environment' && <AddEnvironment onClose={() => setAdding(null)} />}
    </>
  );
}
