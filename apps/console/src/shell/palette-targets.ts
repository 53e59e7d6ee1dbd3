import { useMantineColorScheme } from '@mantine/core';
import type { EnvironmentList, GatewayList, RestApiList } from '@tidegate/management-api';

import { useRead } from '../api/use-read.ts';
import type { NavIconName } from './nav-icon.tsx';
import { SECTIONS } from './sections.ts';

export interface Target {
  readonly key: string;
  readonly icon: NavIconName;
  readonly label: string;
  readonly about: string;
  readonly to: string;
  /** Instead of going somewhere */
  readonly act?: () => void;
}

const FOUND_MAX = 6;

/** What fits `text`; things by name are asked for with `settled`, the text when one has stopped typing. */
export function useTargets(text: string, settled: string, onHelp: () => void): readonly Target[] {
  const { setColorScheme } = useMantineColorScheme();
  const search = settled === '' ? null : `search=${encodeURIComponent(settled)}`;
  const apis = useRead<RestApiList>(search && `/rest-apis?${search}&limit=${FOUND_MAX}`);
  const gateways = useRead<GatewayList>(search && `/gateways?${search}`);
  const environments = useRead<EnvironmentList>(search && `/environments?${search}&limit=${FOUND_MAX}`);
  const theme = (name: 'light' | 'dark' | 'auto', label: string): Target => ({
    key: name,
    icon: 'settings',
    label,
    about: 'Action',
    to: '',
    act: () => setColorScheme(name),
  });
  const fixed: Target[] = [
    ...PAGES,
    ...ACTIONS,
    theme('dark', 'Use the dark theme'),
    theme('light', 'Use the light theme'),
    theme('auto', 'Use the theme of the system'),
    { key: 'help', icon: 'action', label: 'Show the keyboard', about: 'Action', to: '', act: onHelp },
  ];
  const words = text.toLowerCase().split(/\s+/);
  const fitting = fixed.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
  if (search === null) return fitting;
  return [
    ...(apis.data?.body.apis ?? []).map(({ uuid, status, displayName, version }): Target => ({
      key: uuid,
      icon: 'apis',
      label: `${displayName} ${version}`,
      about: 'API',
      to: `/apis/${encodeURIComponent(status.id)}`,
    })),
    ...(gateways.data?.body.gateways ?? []).slice(0, FOUND_MAX).map(({ id, handle, displayName, status }): Target => ({
      key: id,
      icon: 'gateways',
      label: displayName,
      about: `Gateway, ${status.label}`,
      to: `/gateways/${encodeURIComponent(handle)}`,
    })),
    ...(environments.data?.body.environments ?? []).map(({ id, name }): Target => ({
      key: id,
      icon: 'environment',
      label: name,
      about: 'Environment',
      to: `/environments/${id}`,
    })),
    ...fitting,
  ];
}

const PAGES: readonly Target[] = [
  ...SECTIONS.flatMap(({ sections }) =>
    sections.map(({ to, label, icon }): Target => ({ key: to, icon, label, about: 'Page', to })),
  ),
  { key: 'migration', icon: 'environment', label: 'Environment Migration', about: 'Page', to: '/gateways?tab=migration' },
];

const ACTIONS: readonly Target[] = [
  { key: 'new-api', icon: 'action', label: 'Deploy an API', about: 'Action', to: '/apis/new' },
  { key: 'new-openapi', icon: 'action', label: 'Deploy an API from OpenAPI', about: 'Action', to: '/apis/new?from=openapi' },
  { key: 'new-gateway', icon: 'action', label: 'Add a Gateway', about: 'Action', to: '/gateways?add=gateway' },
  { key: 'new-environment', icon: 'action', label: 'Add an Environment', about: 'Action', to: '/gateways?add=environment' },
  {
    key: 'new-migration',
    icon: 'action',
    label: 'Create a New Migration',
    about: 'Action',
    to: '/gateways?tab=migration&add=migration',
  },
];
