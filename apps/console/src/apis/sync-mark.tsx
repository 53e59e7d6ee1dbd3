import type { RestApiAnswer } from '@tidegate/management-api';

import { Until } from '../display/since.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';
import type { IconName } from '../display/icons.tsx';

type SyncFacts = Pick<RestApiAnswer, 'cpSyncStatus' | 'cpSyncInfo' | 'generation'>;

/** Where an API stands with APIM: the phase in words, and the reason behind it. Green only for a generation APIM has confirmed. */
export function SyncMark({ api }: { api: SyncFacts }) {
  const info = api.cpSyncInfo;
  if (!('phase' in info)) return <StateMark tone="quiet" icon="none" label="From APIM" detail="It came from the control plane" />;
  const { tone, icon, label } = LOOKS[info.phase];
  const isBehind = info.phase === 'synced' && info.generation !== null && info.generation < api.generation;
  const reason = info.message ?? info.reason;
  return (
    <StateMark
      tone={isBehind ? 'busy' : tone}
      icon={isBehind ? 'clock' : icon}
      label={isBehind ? `Confirmed up to generation ${info.generation}` : label}
      detail={
        <>
          {reason}
          {info.attempts > 1 ? `${reason === null ? '' : ' · '}${info.attempts} attempts` : ''}
          {info.nextAttemptAt !== null && (
            <>
              {' · next '}
              <Until at={info.nextAttemptAt} />
            </>
          )}
          {info.phase === 'synced' && info.revision !== null ? `confirmed as revision ${info.revision.slice(0, 8)}` : ''}
          {info.losses.length > 0 ? ` · ${info.losses.length} lost on the way` : ''}
        </>
      }
    />
  );
}

type Phase = Extract<RestApiAnswer['cpSyncInfo'], { phase: unknown }>['phase'];

const LOOKS: Readonly<Record<Phase, { tone: Tone; icon: IconName | 'spinner'; label: string }>> = {
  waiting: { tone: 'quiet', icon: 'clock', label: 'Waiting' },
  syncing: { tone: 'busy', icon: 'spinner', label: 'Sending' },
  blocked: { tone: 'warning', icon: 'warning', label: 'Blocked' },
  synced: { tone: 'good', icon: 'check', label: 'In APIM' },
  failed: { tone: 'bad', icon: 'error', label: 'Failed' },
  parked: { tone: 'bad', icon: 'pause', label: 'Refused for good' },
};
