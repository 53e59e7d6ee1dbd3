/** Shapes, so that no state is told by colour alone. Drawn on 16 × 16. */
const PATHS = {
  check: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.4 4.9-4 4.3a.7.7 0 0 1-1 0L4.6 8.4l1-1 1.3 1.3 3.5-3.8 1 1Z',
  clock: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm.7 3v3.7l2.5 1.5-.7 1.2-3.2-1.9V4h1.4Z',
  warning: 'M8 1.2 15.3 14H.7L8 1.2ZM7.2 6v4h1.6V6H7.2Zm0 5v1.6h1.6V11H7.2Z',
  error: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-.9 3.2h1.8v5H7.1v-5Zm0 6h1.8V12H7.1v-1.8Z',
  server: 'M2 2h12v5H2V2Zm0 7h12v5H2V9Zm2-5v1h1.5V4H4Zm0 7v1h1.5v-1H4Z',
  serverOff: 'M2 2h12v5H2V2Zm0 7h12v5H2V9ZM1.2.2 15.8 14.8 14.8 15.8.2 1.200Z',
  bin: 'M6 1h4l.7 1H14v1.500H2V2h3.300L6 1ZM3 4.500h10L12.200 15H3.800L3 4.500Zm3.200 2.700L7.300 9.500 6.200 11.800h1.200L8 10.500l.6 1.300h1.200L8.700 9.500l1.100-2.300H8.600L8 8.500l-.6-1.300H6.200Z',
  pause: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM5.500 5h1.800v6H5.500V5Zm3.200 0h1.800v6H8.700V5Z',
  none: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11ZM4.500 7.300h7v1.400h-7V7.300Z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" fill="currentColor">
      <path fillRule="evenodd" d={PATHS[name]} />
    </svg>
  );
}
