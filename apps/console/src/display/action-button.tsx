import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import type { Role } from '@tidegate/management-api';
import type { ReactNode } from 'react';

import { useWhyNot } from '../api/may.ts';
import { linkTo } from '../navigation/link.tsx';

interface ActionButtonProps extends Omit<ButtonProps, 'disabled'> {
  /** Who may do it */
  readonly roles: readonly Role[];
  /** Why nobody may do it just now; null = it can be done */
  readonly whyNot?: string | null;
  readonly onClick?: () => void;
  /** A page instead of an action */
  readonly to?: string;
  readonly type?: 'button' | 'submit';
  readonly 'aria-label'?: string | undefined;
  readonly children: ReactNode;
}

/** A button that says why it cannot be used, also to keyboards and readers: it keeps its place in the order of Tab. */
export function ActionButton({ roles, whyNot = null, onClick, to, type = 'button', children, ...rest }: ActionButtonProps) {
  const forbidden = useWhyNot(roles) ?? whyNot;
  if (forbidden !== null) {
    return (
      <Tooltip label={forbidden} events={{ hover: true, focus: true, touch: true }} multiline maw={320} withinPortal>
        <Button {...rest} type="button" data-disabled aria-disabled="true" aria-description={forbidden}>
          {children}
        </Button>
      </Tooltip>
    );
  }
  if (to !== undefined) {
    return (
      <Button {...rest} component="a" {...linkTo(to)}>
        {children}
      </Button>
    );
  }
  return (
    <Button {...rest} type={type} onClick={onClick}>
      {children}
    </Button>
  );
}
