import { Anchor, type AnchorProps } from '@mantine/core';
import type { MouseEvent, ReactNode } from 'react';

import { BASE, navigate } from './location.ts';

interface LinkProps extends AnchorProps {
  readonly to: string;
  readonly children: ReactNode;
}

/** A real link: it opens in a new tab, can be copied, and stays in this page when just clicked. */
export function Link({ to, children, ...rest }: LinkProps) {
  return (
    <Anchor size="sm" {...rest} {...linkTo(to)}>
      {children}
    </Anchor>
  );
}

/** For components that render an `a` themselves. */
export function linkTo(to: string) {
  return {
    href: BASE + to,
    onClick: (event: MouseEvent) => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      navigate(to);
    },
  };
}
