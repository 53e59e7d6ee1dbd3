import { Group, Progress, Stack, Text } from '@mantine/core';
import type { OperationItem } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { FailureAlert } from '../display/failure-alert.tsx';
import type { IconName } from '../display/icons.tsx';
import { Since } from '../display/since.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';

/** What is being done to a gateway node by node, and how long each may take. */
export function OperationProgress({ id }: { id: string }) {
  const client = useQueryClient();
  const operation = useRead<OperationItem>(`/operations/${id}`);
  const cancelling = useMutation({
    mutationFn: () => ask('POST', `/operations/${id}/cancel`, { body: {} }),
    onSettled: () => client.invalidateQueries(),
  });
  const body = operation.data?.body;
  if (body === undefined) return null;
  return (
    <section className="panel" aria-label={`${WORDS[body.kind]} under way`}>
      <Group justify="space-between" mb="xs">
        <Text fw={600} size="sm" role="status">
          {WORDS[body.kind]}: {body.done} of {body.total} nodes done
        </Text>
        <Text size="xs" c="dimmed">
          asked for by {body.requestedBy} <Since at={body.startedAt} />
          {body.reason === null ? '' : `: ${body.reason}`}
        </Text>
      </Group>
      <Stack gap="sm">
        {body.nodes.map((node) => (
          <NodeProgress key={node.id} node={node} limitSeconds={body.limitSeconds} />
        ))}
        {cancelling.error !== null && <FailureAlert error={cancelling.error} title="It goes on" />}
        {body.state === 'open' && (
          <Group>
            <ActionButton
              roles={ADMINS}
              size="compact-sm"
              variant="default"
              loading={cancelling.isPending}
              onClick={() => cancelling.mutate()}
            >
              Tell no other node
            </ActionButton>
          </Group>
        )}
      </Stack>
    </section>
  );
}

type Node = OperationItem['nodes'][number];

function NodeProgress({ node, limitSeconds }: { node: Node; limitSeconds: number }) {
  const { id, state, elapsedSeconds, message } = node;
  const elapsed = elapsedSeconds ?? 0;
  const share = state === 'done' ? 100 : Math.min(100, (100 * elapsed) / Math.max(1, limitSeconds));
  const times = elapsedSeconds === null || state === 'done' ? null : `${clock(elapsed)} of ${clock(limitSeconds)}`;
  return (
    <div>
      <StateMark {...LOOKS[state]} label={`${id}: ${LOOKS[state].label}`} detail={message ?? times} />
      <Progress
        mt={4}
        size="sm"
        value={share}
        color={state === 'late' || state === 'failed' ? 'red' : 'cyan'}
        aria-label={`${id}, ${state}`}
      />
    </div>
  );
}

/** "3:12" */
function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}

const WORDS = { restart: 'Restart', update: 'Update', rollback: 'Roll back' } as const;

const LOOKS: Readonly<Record<Node['state'], { tone: Tone; icon: IconName | 'spinner'; label: string }>> = {
  waiting: { tone: 'quiet', icon: 'clock', label: 'waits for its turn' },
  told: { tone: 'busy', icon: 'spinner', label: 'under way' },
  late: { tone: 'bad', icon: 'spinner', label: 'has not come back in time' },
  failed: { tone: 'bad', icon: 'error', label: 'failed' },
  done: { tone: 'good', icon: 'check', label: 'done' },
};
