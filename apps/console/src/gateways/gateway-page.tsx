import { Stack, Tabs } from '@mantine/core';
import type { GatewayItem } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { lazy, Suspense, useState } from 'react';

import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { PageHead } from '../display/page-head.tsx';
import { ReadView } from '../display/read-view.tsx';
import { changeView, usePlace } from '../navigation/location.ts';
import { GatewayInformation } from './gateway-information.tsx';
import { GatewayNodes } from './gateway-nodes.tsx';
import { GatewayProperties } from './gateway-properties.tsx';
import { IssueList } from './issues-link.tsx';
import { JoinGateway } from './join-gateway.tsx';
import { OperationProgress } from './operation-progress.tsx';
import { RemoveGateway } from './remove-gateway.tsx';
import { RestartGateway } from './restart-gateway.tsx';

const GatewaySettings = lazy(() => import('./gateway-settings.tsx'));
const GatewayVersion = lazy(() => import('./gateway-version.tsx'));
const Notifications = lazy(() => import('./notifications.tsx'));
const LogFiles = lazy(() => import('./log-files.tsx'));
const StartupProperties = lazy(() => import('./startup-properties.tsx'));
const TrafficTab = lazy(() => import('../charts/traffic-tab.tsx'));

/** A gateway's settings page. */
export default function GatewayPage({ id }: { id: string }) {
  const path = `/gateways/${encodeURIComponent(id)}`;
  const gateway = useRead<GatewayItem>(path);
  const tab = usePlace().query.get('tab') ?? 'information';
  const [isRemoving, setIsRemoving] = useState(false);
  const body = gateway.data?.body;
  const isDeleted = body !== undefined && body.deletedAt !== null;
  return (
    <>
      <PageHead
        title={body?.displayName ?? id}
        above={{ label: 'Gateways', to: '/gateways' }}
        actions={
          body !== undefined &&
          !isDeleted && (
            <>
              <RestartGateway gateway={body} path={path} />
              <ActionButton roles={ADMINS} variant="default" className="danger" onClick={() => setIsRemoving(true)}>
                Delete API Gateway
              </ActionButton>
            </>
          )
        }
      />
      <ReadView query={gateway} what={`The gateway ${id}`}>
        {(found, etag) => (
          <Tabs
            value={tab}
            keepMounted={false}
            onChange={(next) => changeView({ tab: next === 'information' ? '' : (next ?? '') })}
          >
            <Tabs.List mb="md">
              <Tabs.Tab value="information">Gateway Information</Tabs.Tab>
              <Tabs.Tab value="nodes">Cluster Status</Tabs.Tab>
              {!isDeleted && (
                <>
                  <Tabs.Tab value="traffic">Traffic</Tabs.Tab>
                  <Tabs.Tab value="issues">Issues{found.issueCount > 0 ? ` (${found.issueCount})` : ''}</Tabs.Tab>
                  <Tabs.Tab value="startup">Startup Properties</Tabs.Tab>
                  <Tabs.Tab value="logs">Log Files</Tabs.Tab>
                  <Tabs.Tab value="properties">Properties</Tabs.Tab>
                  <Tabs.Tab value="settings">Settings</Tabs.Tab>
                  <Tabs.Tab value="version">Version</Tabs.Tab>
                  <Tabs.Tab value="notifications">Notifications</Tabs.Tab>
                  <Tabs.Tab value="join">Add a Node</Tabs.Tab>
                </>
              )}
            </Tabs.List>
            <Tabs.Panel value="information">
              <Stack gap="lg">
                {found.status.operation !== null && <OperationProgress id={found.status.operation.id} />}
                <GatewayInformation gateway={found} />
              </Stack>
            </Tabs.Panel>
            <Tabs.Panel value="nodes">
              <GatewayNodes gateway={found} path={path} />
            </Tabs.Panel>
            <Tabs.Panel value="traffic">
              <Suspense fallback={null}>
                <TrafficTab of="gateway" name={found.id} />
              </Suspense>
            </Tabs.Panel>
            <Tabs.Panel value="issues">
              <IssueList issues={found.issues} />
            </Tabs.Panel>
            <Tabs.Panel value="properties">
              <GatewayProperties gateway={found} etag={etag} path={path} />
            </Tabs.Panel>
            <Suspense fallback={null}>
              <Tabs.Panel value="startup">
                <StartupProperties path={path} />
              </Tabs.Panel>
              <Tabs.Panel value="logs">
                <LogFiles gateway={found} path={path} />
              </Tabs.Panel>
              <Tabs.Panel value="notifications">
                <Notifications gateway={found} path={path} />
              </Tabs.Panel>
              <Tabs.Panel value="version">
                <GatewayVersion gateway={found} path={path} />
              </Tabs.Panel>
              <Tabs.Panel value="settings">
                <GatewaySettings path={path} />
              </Tabs.Panel>
            </Suspense>
            <Tabs.Panel value="join">
              <JoinGateway path={path} />
            </Tabs.Panel>
          </Tabs>
        )}
      </ReadView>
      {isRemoving && body !== undefined && <RemoveGateway gateway={body} path={path} onClose={() => setIsRemoving(false)} />}
    </>
  );
}
