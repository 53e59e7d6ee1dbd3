import { Loader, Text } from '@mantine/core';
import type { ReactNode } from 'react';

import { Icon, type IconName } from './icons.tsx';

export type Tone = 'online' | 'good' | 'busy' | 'warning' | 'bad' | 'quiet';

interface StateMarkProps {
  readonly tone: Tone;
  /** `spinner` = something is going on */
  readonly icon: IconName | 'spinner';
  readonly label: ReactNode;
  /** Since when, and why */
  readonly detail?: ReactNode;
}

/** A state as shape, word and colour, with since-when and why below it: never by colour alone, never without a reason. */
export function StateMark({ tone, icon, label, detail }: StateMarkProps) {
  return (
    <span className="state" data-tone={tone}>
      {icon === 'spinner' ? <Loader size={14} color="currentColor" aria-hidden="true" /> : <Icon name={icon} />}
      <span>
        <span className="state-word">{label}</span>
        {detail === undefined || detail === null ? null : (
          <Text component="span" size="xs" c="dimmed" display="block">
            {detail}
          </Text>
        )}
      </span>
    </span>
  );
}
