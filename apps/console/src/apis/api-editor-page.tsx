import { Alert, List, Loader, SegmentedControl } from '@mantine/core';
import type { RestApiAnswer } from '@tidegate/management-api';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { stringify } from 'yaml';

import { ask } from '../api/request.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { Icon } from '../display/icons.tsx';
import { PageHead } from '../display/page-head.tsx';
import { changeView, usePlace } from '../navigation/location.ts';
import { EditDocument } from './edit-document.tsx';
import { type Imported, ImportOpenApi } from './import-openapi.tsx';
import { submitted } from './submitted.ts';

/** Deploys a new API, or changes one. What is edited is read once: a poll must not change it under the cursor. */
export default function ApiEditorPage({ id }: { id: string | null }) {
  if (id === null) return <NewApi />;
  return <EditOne id={id} />;
}

const WAYS = [
  { value: 'form', label: 'From a form, or YAML' },
  { value: 'openapi', label: 'From OpenAPI' },
];

function NewApi() {
  const way = usePlace().query.get('from') === 'openapi' ? 'openapi' : 'form';
  const [imported, setImported] = useState<Imported | null>(null);
  return (
    <>
      <PageHead
        title="Deploy an API"
        above={{ label: 'APIs', to: '/apis' }}
        about="Checked as you type; routers serve it as soon as it is deployed"
        actions={
          <SegmentedControl
            aria-label="How to begin"
            data={WAYS}
            value={way}
            onChange={(next) => {
              setImported(null);
              changeView({ from: next === 'openapi' ? 'openapi' : '' });
            }}
          />
        }
      />
      {way === 'openapi' && imported === null && <ImportOpenApi onDone={setImported} />}
      {imported !== null && <Losses losses={imported.losses} />}
      {(way === 'form' || imported !== null) && (
        <EditDocument key={imported === null ? 'new' : 'imported'} start={imported?.text ?? TEMPLATE} target={null} />
      )}
    </>
  );
}

function Losses({ losses }: Pick<Imported, 'losses'>) {
  if (losses.length === 0) {
    return (
      <Alert color="cyan" variant="light" icon={<Icon name="check" />} mb="md" title="Converted; nothing was lost" role="status">
        Look at it, then deploy it.
      </Alert>
    );
  }
  return (
    <Alert
      color="yellow"
      icon={<Icon name="warning" />}
      mb="md"
      title="Converted; some of it cannot be taken along"
      role="status"
    >
      <List size="sm">
        {losses.map(({ path, message }, at) => (
          <List.Item key={at}>
            <code>{path}</code> {message}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}

function EditOne({ id }: { id: string }) {
  const path = `/rest-apis/${encodeURIComponent(id)}`;
  const { data, error } = useQuery({
    queryKey: ['edit', path],
    queryFn: () => ask<RestApiAnswer>('GET', path),
    refetchInterval: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    gcTime: 0,
  });
  return (
    <>
      <PageHead title={`Edit ${data?.body.displayName ?? id}`} above={{ label: id, to: `/apis/${encodeURIComponent(id)}` }} />
      {error !== null && data === undefined && <FailureAlert error={error} title={`The API ${id} could not be read`} />}
      {data === undefined && error === null && <Loader aria-label="Loading" />}
      {data !== undefined && <EditDocument start={stringify(submitted(data.body))} target={{ path, etag: data.etag }} />}
    </>
  );
}

const TEMPLATE = `apiVersion: gateway.api-platform.wso2.com/v1alpha1
kind: RestApi
metadata:
  name: my-api
spec:
  displayName: My API
  version: v1.0
  context: /my-api
  upstream:
    main:
      url: https://petstore.example.com
  policies:
    - name: api-key-auth
      version: v1
      params:
        key: X-API-Key
        in: header
  operations:
    - method: GET
      path: /pet/{petId}
`;
