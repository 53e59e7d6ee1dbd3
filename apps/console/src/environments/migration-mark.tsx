import type { MigrationItem } from '@tidegate/management-api';

import type { IconName } from '../display/icons.tsx';
import { Since } from '../display/since.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';

export function MigrationMark({ migration }: { migration: MigrationItem }) {
  const blocking = migration.errors.find(({ severity }) => severity === 'ERROR');
  const { tone, icon, label } = LOOKS[migration.state];
  // nobody has chosen yet: that is no obstacle, it is the next thing to do
  const isBlocked = migration.state === 'draft' && blocking !== undefined && migration.movingTo !== null;
  return (
    <StateMark
      tone={isBlocked ? 'bad' : tone}
      icon={isBlocked ? 'error' : icon}
      label={isBlocked ? 'Something is in its way' : label}
      detail={
        <>
          {migration.failure ?? blocking?.message}
          {migration.failure !== null || blocking !== undefined ? ' · ' : ''}
          <Since at={migration.stateSince} prefix="for " suffix="" />
        </>
      }
    />
  );
}

const LOOKS: Readonly<Record<MigrationItem['state'], { tone: Tone; icon: IconName | 'spinner'; label: string }>> = {
  draft: { tone: 'quiet', icon: 'clock', label: 'Being prepared by you' },
  preparing: { tone: 'busy', icon: 'spinner', label: 'The destination gets ready' },
  overlap: { tone: 'busy', icon: 'spinner', label: 'Both gateways serve' },
  draining: { tone: 'busy', icon: 'spinner', label: 'The old gateway finishes' },
  completed: { tone: 'good', icon: 'check', label: 'Completed' },
  failed: { tone: 'bad', icon: 'error', label: 'Failed, nothing was moved' },
  rolled_back: { tone: 'quiet', icon: 'none', label: 'Rolled back' },
  cancelled: { tone: 'quiet', icon: 'none', label: 'Cancelled' },
};
