import { Tabs } from '@mantine/core';
import type { RestApiAnswer } from '@tidegate/management-api';
import { API_WRITERS } from '@tidegate/management-api/who';
import { lazy, Suspense, useState } from 'react';

import { ActionButton } from '../display/action-button.tsx';
import { useRead } from '../api/use-read.ts';
import { PageHead } from '../display/page-head.tsx';
import { ReadView } from '../display/read-view.tsx';
import { changeView, usePlace } from '../navigation/location.ts';
import { ApiFacts } from './api-facts.tsx';
import { ApiKeys } from './api-keys.tsx';
import { RemoveApi } from './remove-api.tsx';
import { StateSwitch } from './state-switch.tsx';
import { ownedElsewhere } from './submitted.ts';

/** Both write YAML, which is not needed before they are opened */
const ApiDocument = lazy(() => import('./api-document.tsx'));
const ApiDeployments = lazy(() => import('./api-deployments.tsx'));
const TrafficTab = lazy(() => import('../charts/traffic-tab.tsx'));
const ApiRevisions = lazy(() => import('./api-revisions.tsx'));

export default function ApiPage({ id }: { id: string }) {
  const path = `/rest-apis/${encodeURIComponent(id)}`;
  const api = useRead<RestApiAnswer>(path);
  const tab = usePlace().query.get('tab') ?? 'status';
  const [isRemoving, setIsRemoving] = useState(false);
  const name = api.data?.body.displayName ?? id;
  return (
    <>
      <PageHead
        title={name}
        above={{ label: 'APIs', to: '/apis' }}
        about={api.data === undefined ? undefined : `${api.data.body.version} · ${api.data.body.context}`}
        actions={
          api.data !== undefined && (
            <>
              <ActionButton
                roles={API_WRITERS}
                whyNot={ownedElsewhere(api.data.body)}
                variant="default"
                to={`/apis/${encodeURIComponent(id)}/edit`}
              >
                Edit
              </ActionButton>
              <StateSwitch path={path} api={api.data.body} etag={api.data.etag} />
              <ActionButton
                roles={API_WRITERS}
                whyNot={ownedElsewhere(api.data.body)}
                variant="default"
                className="danger"
                onClick={() => setIsRemoving(true)}
              >
                Delete
              </ActionButton>
            </>
          )
        }
      />
      <ReadView query={api} what={`The API ${id}`}>
        {(body, etag) => (
          <Tabs value={tab} onChange={(next) => changeView({ tab: next === 'status' ? '' : (next ?? '') })} keepMounted={false}>
            <Tabs.List mb="md">
              <Tabs.Tab value="status">Status</Tabs.Tab>
              <Tabs.Tab value="traffic">Traffic</Tabs.Tab>
              <Tabs.Tab value="environments">Environments</Tabs.Tab>
              <Tabs.Tab value="keys">Keys</Tabs.Tab>
              <Tabs.Tab value="document">Document</Tabs.Tab>
              <Tabs.Tab value="revisions">Revisions</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="status">
              <ApiFacts api={body} path={path} />
            </Tabs.Panel>
            <Tabs.Panel value="traffic">
              <Suspense fallback={null}>
                <TrafficTab of="api" name={body.status.id} />
              </Suspense>
            </Tabs.Panel>
            <Tabs.Panel value="environments">
              <Suspense fallback={null}>
                <ApiDeployments path={path} name={body.status.id} />
              </Suspense>
            </Tabs.Panel>
            <Tabs.Panel value="keys">
              <ApiKeys path={path} />
            </Tabs.Panel>
            <Tabs.Panel value="document">
              <Suspense fallback={null}>
                <ApiDocument api={body} />
              </Suspense>
            </Tabs.Panel>
            <Tabs.Panel value="revisions">
              <Suspense fallback={null}>
                <ApiRevisions api={body} path={path} etag={etag} />
              </Suspense>
            </Tabs.Panel>
          </Tabs>
        )}
      </ReadView>
      {isRemoving && api.data !== undefined && <RemoveApi path={path} api={api.data.body} onClose={() => setIsRemoving(false)} />}
    </>
  );
}
