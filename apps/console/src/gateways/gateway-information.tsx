import type { GatewayItem } from '@tidegate/management-api';

import { Since } from '../display/since.tsx';
import { Link } from '../navigation/link.tsx';
import { GatewayMark } from './gateway-mark.tsx';

export function GatewayInformation({ gateway }: { gateway: GatewayItem }) {
  const { nodes } = gateway.status;
  return (
    <dl className="panel facts">
      <dt>Status</dt>
      <dd>
        <GatewayMark status={gateway.status} />
      </dd>
      <dt>Nodes</dt>
      <dd>
        {nodes.online} of {nodes.total} online, at least {nodes.expectedMin} expected
      </dd>
      <dt>Gateway ID</dt>
      <dd>
        <code>{gateway.id}</code>
      </dd>
      <dt>Name in paths</dt>
      <dd>
        <code>{gateway.handle}</code>
      </dd>
      <dt>Host Name</dt>
      <dd>{gateway.hostName ?? '—'}</dd>
      <dt>Gateway URL</dt>
      <dd>{gateway.gatewayUrl ?? '—'}</dd>
      <dt>Installed</dt>
      <dd>
        <Since at={gateway.createdAt} />
      </dd>
      <dt>Environments</dt>
      <dd>
        {gateway.environments.length === 0
          ? '—'
          : gateway.environments.map(({ id, name }) => (
              <div key={id}>
                <Link to={`/environments/${id}`} size="sm">
                  {name}
                </Link>
              </div>
            ))}
      </dd>
      <dt>Wanted version</dt>
      <dd>
        {gateway.version} of epoch {gateway.epoch}
      </dd>
    </dl>
  );
}
