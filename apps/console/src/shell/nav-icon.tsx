/** Outlines on 16 × 16, for the navigation and the palette. */
const PATHS = {
  overview: 'M2 13.500V9m4 4.500v-7m4 7V8m4 5.500v-11',
  apis: 'M5.500 3 2 8l3.500 5M10.500 3 14 8l-3.500 5',
  gateways: 'M2 2.500h12v4.500H2zM2 9h12v4.500H2zM4.500 4.700h.1M4.500 11.200h.1',
  sync: 'M13.500 6.500A5.600 5.600 0 0 0 3.200 5M2.500 9.500A5.600 5.600 0 0 0 12.800 11M3 2v3.200h3.200M13 14v-3.200H9.800',
  plans: 'M2 4.500h12M2 8h12M2 11.500h7',
  secrets: 'M4 7h8v6.500H4zM5.500 7V5a2.500 2.500 0 0 1 5 0v2M8 9.700v1.300',
  certificates: 'M8 2.200a3.600 3.600 0 1 1 0 7.200 3.600 3.600 0 0 1 0-7.200ZM6 9v5l2-1.300L10 14V9',
  explain: 'M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9Zm3.300 7.800L14 14',
  audit: 'M3.500 2h6l3 3v9h-9zM6 7.500h4.500M6 10.500h4.500',
  settings: 'M2 4.500h7m3.500 0H14M2 11.500h1.500m3.500 0h7M10.700 2.800v3.400M5.200 9.800v3.400',
  action: 'M8 3v10M3 8h10',
  environment: 'M8 2 14 5.200 8 8.400 2 5.200ZM2.500 8.300 8 11.200l5.500-2.900M2.500 11 8 13.900l5.500-2.900',
} as const;

export type NavIconName = keyof typeof PATHS;

export function NavIcon({ name }: { name: NavIconName }) {
  return (
    <svg width={16} height={16} viewBox="0 0 16 16" aria-hidden="true" className="nav-icon">
      <path d={PATHS[name]} />
    </svg>
  );
}
