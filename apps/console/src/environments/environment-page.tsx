import { Badge, Button, Group, Table, Text, Title } from '@mantine/core';
import type { EnvironmentItem } from '@tidegate/management-api';

import { useRead } from '../api/use-read.ts';
import { EmptyState } from '../display/empty-state.tsx';
import { PageHead } from '../display/page-head.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Link, linkTo } from '../navigation/link.tsx';
import { EnvironmentPath } from './environment-path.tsx';
import { StartMigration } from './start-migration.tsx';

/** Environment Configuration: under which path the APIs of this environment are reached on its gateway. */
export default function EnvironmentPage({ id }: { id: string }) {
  const path = `/environments/${encodeURIComponent(id)}`;
  const environment = useRead<EnvironmentItem>(path);
  const body = environment.data?.body;
  return (
    <>
      <PageHead
        title={body?.name ?? id}
        about="Environment Configuration"
        above={{ label: 'Gateways', to: '/gateways' }}
        actions={
          body === undefined ? undefined : body.migration === null ? (
            <StartMigration environmentId={body.id} label="Migrate this environment" />
          ) : (
            <Button component="a" {...linkTo(`/migrations/${body.migration}`)}>
              Continue the migration
            </Button>
          )
        }
      />
      <ReadView query={environment} what={`The environment ${id}`}>
        {(found, etag) => (
          <>
            <dl className="panel facts">
              <dt>Classification</dt>
              <dd>
                <Badge variant="default">{found.classification}</Badge>
              </dd>
              <dt>Gateway</dt>
              <dd>
                {found.gateway === null ? (
                  'Not Attached to a Gateway'
                ) : (
                  <Link to={`/gateways/${found.gateway.id}`}>{found.gateway.name}</Link>
                )}
              </dd>
              <dt>Base URL</dt>
              <dd>{found.baseUrl === null ? '—' : <code>{found.baseUrl}</code>}</dd>
            </dl>
            <EnvironmentPath environment={found} etag={etag} path={path} />
            <Title order={2} size="h4" mt="xl" mb="xs">
              Deployed APIs
            </Title>
            <Deployments deployments={found.deployments} />
          </>
        )}
      </ReadView>
    </>
  );
}

function Deployments({ deployments }: { deployments: EnvironmentItem['deployments'] }) {
  if (deployments.length === 0) {
    return (
      <EmptyState title="No API is deployed here">
        An API comes into an environment with <code>POST …/rest-apis/{'{id}'}/deployments</code>.
      </EmptyState>
    );
  }
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>API</Table.Th>
            <Table.Th>URL</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {deployments.map(({ api, url, basePath }) => (
            <Table.Tr key={`${api}${basePath}`}>
              <Table.Td data-label="API">
                <Link to={`/apis/${encodeURIComponent(api)}`}>{api}</Link>
              </Table.Td>
              <Table.Td data-label="URL">
                <Group gap="xs">{url === null ? <Text size="sm">reached through no gateway</Text> : <code>{url}</code>}</Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
