import { Stack, Table, Text, Title } from '@mantine/core';
import type { ExplainAnswer } from '@tidegate/management-api';

import type { IconName } from '../display/icons.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';
import { Link } from '../navigation/link.tsx';

const OUTCOMES: Readonly<Record<ExplainAnswer['outcome'], { tone: Tone; icon: IconName; label: string }>> = {
  routed: { tone: 'good', icon: 'check', label: 'Routed' },
  'not-found': { tone: 'bad', icon: 'error', label: 'Not found (404)' },
  refused: { tone: 'bad', icon: 'error', label: 'Refused (400)' },
  unavailable: { tone: 'warning', icon: 'warning', label: 'Unavailable (503)' },
};

const VERDICTS: Readonly<Record<ExplainAnswer['candidates'][number]['verdict'], string>> = {
  chosen: 'Chosen',
  outranked: 'Outranked',
  'other-method': 'Other method',
  'headers-do-not-fit': 'Headers do not fit',
};

export function ExplainedRequest({ answer }: { answer: ExplainAnswer }) {
  const { outcome, why, host, path, vhost, route, policies, upstream, candidates } = answer;
  return (
    <Stack gap="lg" aria-live="polite">
      <StateMark {...OUTCOMES[outcome]} detail={why} />
      <dl className="facts">
        <dt>Host</dt>
        <dd>
          <code>{host === '' ? '—' : host}</code>
        </dd>
        <dt>Virtual host</dt>
        <dd>{vhost === null ? 'none fits' : <code>{vhost}</code>}</dd>
        <dt>Path</dt>
        <dd>{path === null ? '—' : <code>{path}</code>}</dd>
        {route !== null && (
          <>
            <dt>API</dt>
            <dd>
              <Link to={`/apis/${encodeURIComponent(route.api)}`}>{route.api}</Link> {route.apiVersion}
              {route.environment === '' ? '' : `, environment ${route.environment}`}
            </dd>
            <dt>Route</dt>
            <dd>
              <code>
                {route.method} {route.operationPath}
              </code>{' '}
              below <code>{route.context}</code>
            </dd>
          </>
        )}
        {route !== null && (
          <>
            <dt>Policies</dt>
            <dd>{policies.length === 0 ? 'none' : <PolicyList policies={policies} />}</dd>
          </>
        )}
        {upstream !== null && <UpstreamFacts upstream={upstream} />}
      </dl>
      {candidates.length > 0 && <Candidates candidates={candidates} />}
    </Stack>
  );
}

/** In the order in which they run. */
function PolicyList({ policies }: Pick<ExplainAnswer, 'policies'>) {
  return (
    <ol className="plain-list">
      {policies.map(({ name, version, level }, at) => (
        <li key={at}>
          {name} {version} <span className="muted">of the {level === 'api' ? 'API' : 'operation'}</span>
        </li>
      ))}
    </ol>
  );
}

function UpstreamFacts({ upstream }: { upstream: NonNullable<ExplainAnswer['upstream']> }) {
  const { name, target, targets, hostRewrite, timeoutMs, idleTimeoutMs } = upstream;
  return (
    <>
      <dt>Upstream</dt>
      <dd>
        {name}
        <ul className="plain-list">
          {targets.map(({ url, weight }) => (
            <li key={url}>
              <code>{url}</code> {targets.length > 1 && <span className="muted">weight {weight}</span>}
            </li>
          ))}
        </ul>
      </dd>
      <dt>Asked for</dt>
      <dd>
        <code>{target}</code>
      </dd>
      <dt>Host header</dt>
      <dd>{hostRewrite === 'auto' ? 'of the upstream' : 'as the client sent it'}</dd>
      <dt>Time limits</dt>
      <dd>
        {bound(timeoutMs)} in all, {bound(idleTimeoutMs)} without a byte
      </dd>
    </>
  );
}

function bound(ms: number | null): string {
  if (ms === null) return 'the router’s default';
  return ms === 0 ? 'no bound' : `${ms} ms`;
}

function Candidates({ candidates }: Pick<ExplainAnswer, 'candidates'>) {
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        Routes that were considered
      </Title>
      <div className="table-wrap">
        <Table className="cards" verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Verdict</Table.Th>
              <Table.Th>Route</Table.Th>
              <Table.Th>Why</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {candidates.map(({ route, deploymentId, verdict, why }) => (
              <Table.Tr key={`${deploymentId} ${route}`}>
                <Table.Td data-label="Verdict">
                  <Text size="sm" fw={verdict === 'chosen' ? 650 : undefined}>
                    {VERDICTS[verdict]}
                  </Text>
                </Table.Td>
                <Table.Td data-label="Route">
                  <code>{route}</code>
                </Table.Td>
                <Table.Td data-label="Why">{why}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </section>
  );
}
