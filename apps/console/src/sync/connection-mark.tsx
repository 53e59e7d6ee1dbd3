import type { SyncOverview } from '@tidegate/management-api';

import type { IconName } from '../display/icons.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';

type Connection = SyncOverview['connection'];

export function ConnectionMark({ connection }: { connection: Connection }) {
  const { tone, icon, label } = LOOKS[connection.state];
  return <StateMark tone={tone} icon={icon} label={label} detail={connection.message ?? connection.reason} />;
}

const LOOKS: Readonly<Record<Connection['state'], { tone: Tone; icon: IconName; label: string }>> = {
  not_configured: { tone: 'quiet', icon: 'none', label: 'No APIM is configured' },
  disabled: { tone: 'quiet', icon: 'pause', label: 'Switched off' },
  no_worker: { tone: 'bad', icon: 'error', label: 'No apim-sync is running' },
  undiscovered: { tone: 'quiet', icon: 'clock', label: 'APIM was not found yet' },
  unreachable: { tone: 'bad', icon: 'error', label: 'APIM cannot be reached' },
  blocked: { tone: 'warning', icon: 'warning', label: 'APIM refuses us' },
  disconnected: { tone: 'warning', icon: 'warning', label: 'Answers, but its events do not arrive' },
  connected: { tone: 'good', icon: 'check', label: 'Connected' },
};
