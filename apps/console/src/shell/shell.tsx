import {
  ActionIcon,
  AppShell,
  Burger,
  Button,
  Group,
  NavLink,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';

import { signOut } from '../api/session.ts';
import { linkTo } from '../navigation/link.tsx';
import { Liveness } from './liveness.tsx';

const SECTIONS = [
  { to: '/apis', label: 'APIs' },
  { to: '/gateways', label: 'Gateways' },
  { to: '/sync', label: 'Sync' },
  { to: '/explain', label: 'Explain' },
  { to: '/audit', label: 'Audit log' },
] as const;

interface ShellProps {
  readonly path: string;
  readonly user: string;
  readonly children: ReactNode;
}

/** What every page has: where one is, whether what is shown is fresh, who is signed in. */
export function Shell({ path, user, children }: ShellProps) {
  const [isOpen, { toggle, close }] = useDisclosure();
  const leaving = useMutation({ mutationFn: signOut });
  useEffect(close, [path, close]);
  useEffect(() => {
    document.addEventListener('keydown', toSearch);
    return () => document.removeEventListener('keydown', toSearch);
  }, []);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a href="#main" className="skip-link">
        Skip to the content
      </a>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
            <Text fw={650}>Tidegate</Text>
          </Group>
          <Group gap="sm" wrap="nowrap">
            <Liveness />
            <ThemeSwitch />
            <Text size="sm" visibleFrom="sm">
              {user}
            </Text>
            <Button variant="subtle" size="compact-sm" loading={leaving.isPending} onClick={() => leaving.mutate()}>
              Sign out
            </Button>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Sections">
        {SECTIONS.map(({ to, label }) => (
          <NavLink
            key={to}
            {...linkTo(to)}
            label={label}
            active={isBelow(path, to)}
            aria-current={isBelow(path, to) ? 'page' : undefined}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        {children}
      </AppShell.Main>
    </AppShell>
  );
}

/** `/` leads to the search field of the page, unless one is typing. */
function toSearch(event: KeyboardEvent): void {
  const isTyping = event.target instanceof HTMLElement && event.target.closest('input, textarea, [contenteditable]') !== null;
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector<HTMLInputElement>('input[data-search]');
  if (field === null) return;
  event.preventDefault();
  field.focus();
}

function isBelow(path: string, section: string): boolean {
  return path === section || path.startsWith(`${section}/`) || (path === '/' && section === '/apis');
}

function ThemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  return (
    <ActionIcon
      variant="subtle"
      aria-label={isDark ? 'Use the light theme' : 'Use the dark theme'}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" fill="currentColor">
        <path d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.500v11a5.500 5.500 0 0 1 0-11Z" />
      </svg>
    </ActionIcon>
  );
}
