import { Loader } from '@mantine/core';
import type { RestApiAnswer } from '@tidegate/management-api';
import { useQuery } from '@tanstack/react-query';
import { stringify } from 'yaml';

import { ask } from '../api/request.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { PageHead } from '../display/page-head.tsx';
import { EditDocument } from './edit-document.tsx';
import { submitted } from './submitted.ts';

/** Deploys a new API, or changes one. What is edited is read once: a poll must not change it under the cursor. */
export default function ApiEditorPage({ id }: { id: string | null }) {
  if (id === null) {
    return (
      <>
        <PageHead title="Deploy an API" above={{ label: 'APIs', to: '/apis' }} about="A RestApi document, as YAML or JSON" />
        <EditDocument start={TEMPLATE} target={null} />
      </>
    );
  }
  return <EditOne id={id} />;
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
