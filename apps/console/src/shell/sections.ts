import type { NavIconName } from './nav-icon.tsx';

export interface Section {
  readonly to: string;
  readonly label: string;
  readonly icon: NavIconName;
  /** Pressed after `g` */
  readonly key: string;
}

/** In the order of the navigation, by what they are about. */
export const SECTIONS: readonly { readonly title: string; readonly sections: readonly Section[] }[] = [
  {
    title: '',
    sections: [
      { to: '/overview', label: 'Overview', icon: 'overview', key: 'o' },
      { to: '/apis', label: 'APIs', icon: 'apis', key: 'a' },
      { to: '/gateways', label: 'Gateways', icon: 'gateways', key: 'g' },
      { to: '/sync', label: 'Sync', icon: 'sync', key: 's' },
    ],
  },
  {
    title: 'Access',
    sections: [
      { to: '/subscriptions', label: 'Subscriptions', icon: 'plans', key: 'p' },
      { to: '/secrets', label: 'Secrets', icon: 'secrets', key: 'x' },
      { to: '/certificates', label: 'Certificates', icon: 'certificates', key: 'c' },
    ],
  },
  {
    title: 'Look into',
    sections: [
      { to: '/explain', label: 'Explain', icon: 'explain', key: 'e' },
      { to: '/audit', label: 'Audit log', icon: 'audit', key: 'l' },
      { to: '/settings', label: 'Settings', icon: 'settings', key: ',' },
    ],
  },
];

/** Where `/` leads */
export const HOME = '/overview';
