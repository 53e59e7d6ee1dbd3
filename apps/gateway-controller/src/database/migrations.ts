import { Foundation0001 } from '../../migrations/0001-foundation.ts';

/** In the order in which they run. Forward only. */
export const MIGRATIONS = [Foundation0001] as const;
