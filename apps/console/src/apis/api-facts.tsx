import { Anchor, List, Stack, Text, Title } from '@mantine/core';
import type { RestApiAnswer } from '@tidegate/management-api';
import { API_WRITERS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { ActionButton } from '../display/action-button.tsx';
import { ask } from '../api/request.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { Since } from '../display/since.tsx';
import { Link } from '../navigation/link.tsx';
import { DesiredMark } from './desired-mark.tsx';
import { NodeAcks } from '../gateways/node-acks.tsx';
import { Receipt } from './receipt.tsx';
import { SyncMark } from './sync-mark.tsx';

/** What was asked for, what each router acknowledged, and what APIM confirmed: three different things. */
export function ApiFacts({ api, path }: { api: RestApiAnswer; path: string }) {
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: () => ask('POST', `${path}/sync`, { body: {} }),
    onSettled: () => client.invalidateQueries(),
  });
  const info = api.cpSyncInfo;
  return (
    <Stack gap="lg">
      <div className="side-by-side">
        <section aria-labelledby="asked" className="panel">
          <Title order={2} size="h4" id="asked" mb="xs">
            Asked for
          </Title>
          <dl className="facts">
            <dt>State</dt>
            <dd>
              <DesiredMark state={api.desiredState} />
            </dd>
            <dt>Generation</dt>
            <dd>
              {api.generation}, written <Since at={api.updatedAt} />
            </dd>
            <dt>Origin</dt>
            <dd>{api.origin === 'gateway_api' ? 'Deployed here' : 'Pushed by the control plane'}</dd>
            <dt>Operations</dt>
            <dd>{api.spec.operations.length}</dd>
            <dt>Policies</dt>
            <dd>{api.spec.policies?.map(({ name }) => name).join(', ') || 'none on the whole API'}</dd>
          </dl>
        </section>
        <section aria-labelledby="apim" className="panel">
          <Title order={2} size="h4" id="apim" mb="xs">
            Confirmed by APIM
          </Title>
          <Stack gap="sm" align="flex-start">
            <SyncMark api={api} />
            {'phase' in info && (
              <dl className="facts">
                <dt>Id in APIM</dt>
                <dd>{info.id === null ? 'not known yet' : <code>{info.id}</code>}</dd>
                <dt>Generation there</dt>
                <dd>{info.generation === null ? 'none yet' : `${info.generation} of ${api.generation}`}</dd>
                {info.reason !== null && (
                  <>
                    <dt>Reason</dt>
                    <dd>
                      <code>{info.reason}</code>
                    </dd>
                  </>
                )}
              </dl>
            )}
            {'phase' in info && info.losses.length > 0 && (
              <div>
                <Text size="sm">APIM cannot hold these parts of the document:</Text>
                <List size="sm">
                  {info.losses.map(({ path: place, message }, at) => (
                    <List.Item key={at}>
                      <code>{place}</code> {message}
                    </List.Item>
                  ))}
                </List>
              </div>
            )}
            {'phase' in info && (
              <Link to={`/sync/${encodeURIComponent(api.status.id)}`} size="sm">
                Every attempt and exchange
              </Link>
            )}
            {again.error !== null && <FailureAlert error={again.error} title="The sync was not asked for" />}
            {'phase' in info && info.phase !== 'syncing' && (
              <ActionButton
                roles={API_WRITERS}
                size="xs"
                variant="default"
                loading={again.isPending}
                onClick={() => again.mutate()}
              >
                Sync again now
              </ActionButton>
            )}
          </Stack>
        </section>
      </div>
      <section aria-labelledby="served">
        <Title order={2} size="h4" id="served" mb="xs">
          Acknowledged by routers
        </Title>
        <Stack gap="sm">
          <Receipt id={api.status.id} generation={api.generation} />
          <NodeAcks path={path} />
        </Stack>
      </section>
      <Anchor href={`/api/management/v1${path}`} size="sm">
        See the answer of the management API
      </Anchor>
    </Stack>
  );
}
