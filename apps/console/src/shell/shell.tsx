import { ActionIcon, AppShell, Burger, Group, Menu, NavLink, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';

import { signOut } from '../api/session.ts';
import { linkTo } from '../navigation/link.tsx';
import { navigate } from '../navigation/location.ts';
import { Liveness } from './liveness.tsx';
import { NavIcon } from './nav-icon.tsx';
import { HOME, SECTIONS } from './sections.ts';
import { listenToKeys } from './shortcuts.ts';
import { ThemeSwitch } from './theme-switch.tsx';

const Palette = lazy(() => import('./palette.tsx'));
const KeyboardHelp = lazy(() => import('./keyboard-help.tsx'));

interface ShellProps {
  readonly path: string;
  readonly user: string;
  readonly children: ReactNode;
}

/** What every page has: where one is, the way to anything else, whether what is shown is fresh, who is signed in. */
export function Shell({ path, user, children }: ShellProps) {
  const [isOpen, { toggle, close }] = useDisclosure();
  const [overlay, setOverlay] = useState<'palette' | 'help' | null>(null);
  useEffect(close, [path, close]);
  useEffect(() => listenToKeys({ onPalette: () => setOverlay('palette'), onHelp: () => setOverlay('help') }), []);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a href="#main" className="skip-link">
        Skip to the content
      </a>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
            <a className="brand" {...linkTo(HOME)} aria-label="Tidegate">
              <Mark />
              Tidegate
            </a>
          </Group>
          <UnstyledButton
            className="palette-button"
            onClick={() => setOverlay('palette')}
            aria-label={`Search or go to… ${MODIFIER} K`}
          >
            <NavIcon name="explain" />
            <span className="palette-hint">Search or go to…</span>
            <kbd className="palette-hint">{MODIFIER} K</kbd>
          </UnstyledButton>
          <Group gap="sm" wrap="nowrap">
            <Liveness />
            <ThemeSwitch />
            <UserMenu user={user} onHelp={() => setOverlay('help')} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Sections">
        {SECTIONS.map(({ title, sections }) => (
          <div key={title} className="nav-group">
            {title !== '' && <Text className="nav-title">{title}</Text>}
            {sections.map(({ to, label, icon }) => (
              <NavLink
                key={to}
                {...linkTo(to)}
                label={label}
                leftSection={<NavIcon name={icon} />}
                active={isBelow(path, to)}
                aria-current={isBelow(path, to) ? 'page' : undefined}
              />
            ))}
          </div>
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        {children}
      </AppShell.Main>
      <Suspense fallback={null}>
        {overlay === 'palette' && <Palette onClose={() => setOverlay(null)} onHelp={() => setOverlay('help')} />}
        {overlay === 'help' && <KeyboardHelp onClose={() => setOverlay(null)} />}
      </Suspense>
    </AppShell>
  );
}

const MODIFIER = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';

/** Environments and migrations have no section of their own: they are a part of the gateways. */
function isBelow(path: string, section: string): boolean {
  if (path === '/') return section === HOME;
  const place = /^\/(environments|migrations)\//.test(path) ? '/gateways' : path;
  return place === section || place.startsWith(`${section}/`);
}

function UserMenu({ user, onHelp }: { user: string; onHelp: () => void }) {
  const leaving = useMutation({ mutationFn: signOut });
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <ActionIcon variant="default" radius="xl" aria-label={`Menu of ${user}`} loading={leaving.isPending}>
          <span className="initial">{user.slice(0, 1).toUpperCase()}</span>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Signed in as {user}</Menu.Label>
        <Menu.Item onClick={() => navigate('/settings')}>Settings</Menu.Item>
        <Menu.Item onClick={onHelp} rightSection={<kbd>?</kbd>}>
          Keyboard
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => leaving.mutate()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** The gate and the tide. */
function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
      <rect width="22" height="22" rx="5" className="mark-ground" />
      <path d="M6 5.500v5M11 5.500v3.500M16 5.500v5" className="mark-line" />
      <path d="M4 14.500c1.800-1.800 3.400-1.800 5.200 0s3.400 1.800 5.200 0 2.400-1.500 3.600-1" className="mark-line" />
    </svg>
  );
}
