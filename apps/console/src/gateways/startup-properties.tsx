import { Stack, Text, Title } from '@mantine/core';
import type { StartupProperties as Captured } from '@tidegate/management-api';

import { useRead } from '../api/use-read.ts';
import { EmptyState } from '../display/empty-state.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Since } from '../display/since.tsx';

/** What each node said of itself when it started; nothing here can be changed. */
export default function StartupProperties({ path }: { path: string }) {
  const captured = useRead<Captured>(`${path}/startup-properties`);
  return (
    <ReadView query={captured} what="The start-up properties">
      {({ nodes }) =>
        nodes.length === 0 ? (
          <EmptyState title="No node has ever connected">
            Start-up properties are what a node says of itself when it starts.
          </EmptyState>
        ) : (
          <Stack gap="lg">
            {nodes.map(({ id, live, bootedAt, runtimeVersion, groups }) => (
              <section key={id} className={live ? 'panel' : 'panel stale'}>
                <Title order={2} size="h4">
                  {id}
                </Title>
                <Text size="sm" c="dimmed" mb="sm">
                  {bootedAt === null ? 'has never started' : <Since at={bootedAt} prefix="as of its start " />}
                  {runtimeVersion === null ? '' : `, version ${runtimeVersion}`}
                  {live ? '' : '; not heard any more'}
                </Text>
                <div className="fact-groups">
                  {Object.entries(groups).map(([group, properties]) => (
                    <div key={group}>
                      <Text fw={600} size="sm" mb={4}>
                        {group}
                      </Text>
                      <dl className="facts">
                        {Object.entries(properties).map(([name, value]) => (
                          <div key={name} className="fact">
                            <dt>{name}</dt>
                            <dd>{value}</dd>
                          </div>
                        ))}
                      </dl>
                    </div>
                  ))}
                </div>
              </section>
            ))}
          </Stack>
        )
      }
    </ReadView>
  );
}
