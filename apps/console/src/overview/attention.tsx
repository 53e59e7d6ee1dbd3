import { Text } from '@mantine/core';
import type { GatewayList, SyncOverview } from '@tidegate/management-api';
import type { UseQueryResult } from '@tanstack/react-query';

import type { Answered } from '../api/request.ts';
import { ReadView } from '../display/read-view.tsx';
import { StateMark } from '../display/state-mark.tsx';
import { Link } from '../navigation/link.tsx';
import { whatNeedsAttention } from './what-needs-attention.ts';

interface AttentionProps {
  readonly gateways: UseQueryResult<Answered<GatewayList>>;
  readonly sync: UseQueryResult<Answered<SyncOverview>>;
}

/** Worst first; when there is nothing, as of when. */
export function Attention({ gateways, sync }: AttentionProps) {
  return (
    <ReadView query={gateways} what="The gateways">
      {({ gateways: all }) => {
        if (sync.data === undefined) return <Text size="sm">Not known yet.</Text>;
        const found = whatNeedsAttention(all, sync.data.body);
        if (found.length === 0) {
          const at = new Date(Math.min(gateways.dataUpdatedAt, sync.dataUpdatedAt)).toLocaleTimeString();
          return (
            <div className="panel">
              <StateMark tone="good" icon="check" label="Nothing" detail={`by what routers and APIM reported until ${at}`} />
            </div>
          );
        }
        return (
          <ul className="panel attention">
            {found.map(({ key, to, label, severity, text }) => (
              <li key={key}>
                <StateMark
                  tone={severity === 'error' ? 'bad' : 'warning'}
                  icon={severity === 'error' ? 'error' : 'warning'}
                  label={<Link to={to}>{label}</Link>}
                  detail={text}
                />
              </li>
            ))}
          </ul>
        );
      }}
    </ReadView>
  );
}
