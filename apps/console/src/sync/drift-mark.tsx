import type { ApiSync } from '@tidegate/management-api';

import type { IconName } from '../display/icons.tsx';
import { Since } from '../display/since.tsx';
import { StateMark, type Tone } from '../display/state-mark.tsx';

/** Whether APIM still has what was pushed. Not looked at for long is not known, never green. */
export function DriftMark({ drift, checkedAt }: { drift: ApiSync['drift']; checkedAt?: string | null }) {
  return (
    <StateMark
      {...LOOKS[drift]}
      detail={
        checkedAt === undefined ? null : checkedAt === null ? 'never compared' : <Since at={checkedAt} prefix="compared " />
      }
    />
  );
}

const LOOKS: Readonly<Record<ApiSync['drift'], { tone: Tone; icon: IconName; label: string }>> = {
  in_sync: { tone: 'good', icon: 'check', label: 'As it was pushed' },
  out_of_sync: { tone: 'warning', icon: 'warning', label: 'Changed in APIM' },
  unknown: { tone: 'quiet', icon: 'clock', label: 'Not known' },
};
