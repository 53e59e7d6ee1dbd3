import { Badge, Button, Group, Stack, Table, Text } from '@mantine/core';
import type { RestApiAnswer, Revision, RevisionList } from '@tidegate/management-api';
import { API_WRITERS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { stringify } from 'yaml';

import { ActionButton } from '../display/action-button.tsx';
import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Since } from '../display/since.tsx';
import { DifferenceView } from './difference-view.tsx';
import { ownedElsewhere, submitted } from './submitted.ts';

/** What the API was, each against what it is now, and the way back. */
export default function ApiRevisions({ api, path, etag }: { api: RestApiAnswer; path: string; etag: string }) {
  const list = useRead<RevisionList>(`${path}/revisions?limit=100`);
  const [shown, setShown] = useState<number | null>(null);
  return (
    <ReadView query={list} what="The revisions">
      {({ revisions }) => (
        <Stack>
          <div className="table-wrap">
            <Table className="cards" verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Revision</Table.Th>
                  <Table.Th>Asked for</Table.Th>
                  <Table.Th>Written</Table.Th>
                  <Table.Th>Difference</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {revisions.map(({ revision, current, desiredState, createdAt, createdBy, restoredFrom }) => (
                  <Table.Tr key={revision}>
                    <Table.Td data-label="Revision">
                      <Group gap="xs">
                        {revision}
                        {current && <Badge variant="default">current</Badge>}
                      </Group>
                      {restoredFrom !== null && (
                        <Text size="xs" c="dimmed">
                          again what {restoredFrom} was
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td data-label="Asked for">{desiredState}</Table.Td>
                    <Table.Td data-label="Written">
                      <Since at={createdAt} /> by {createdBy}
                    </Table.Td>
                    <Table.Td data-label="Difference">
                      {!current && (
                        <Button
                          size="compact-sm"
                          variant="default"
                          aria-expanded={shown === revision}
                          onClick={() => setShown(shown === revision ? null : revision)}
                        >
                          {shown === revision ? 'Hide' : `Compare ${revision} with now`}
                        </Button>
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
          {shown !== null && <OneRevision key={shown} api={api} path={path} etag={etag} revision={shown} />}
        </Stack>
      )}
    </ReadView>
  );
}

function OneRevision({ api, path, etag, revision }: { api: RestApiAnswer; path: string; etag: string; revision: number }) {
  const client = useQueryClient();
  const then = useRead<Revision>(`${path}/revisions/${revision}`);
  const restore = useMutation({
    mutationFn: () => ask('POST', `${path}/revisions/${revision}/restore`, { headers: { 'if-match': etag } }),
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <ReadView query={then} what={`Revision ${revision}`}>
      {({ document }) => (
        <Stack gap="sm">
          <Text size="sm">Green is what restoring revision {revision} would bring back, red what it would take away.</Text>
          <DifferenceView
            before={stringify(submitted(api))}
            after={stringify(document)}
            label={`Difference between now and revision ${revision}`}
          />
          {restore.error !== null && <FailureAlert error={restore.error} title="It was not restored" />}
          <Group>
            <ActionButton
              roles={API_WRITERS}
              whyNot={ownedElsewhere(api)}
              loading={restore.isPending}
              onClick={() => restore.mutate()}
            >
              Restore revision {revision}
            </ActionButton>
          </Group>
        </Stack>
      )}
    </ReadView>
  );
}
