import { Foundation0001 } from '../../migrations/0001-foundation.ts';
import { KeysAndRepeatedPosts0010 } from '../../migrations/0010-keys-and-repeated-posts.ts';
import { ListsOfApis0011 } from '../../migrations/0011-lists-of-apis.ts';
import { Sessions0020 } from '../../migrations/0020-sessions.ts';
import { SyncHistory0030 } from '../../migrations/0030-sync-history.ts';

/** In the order in which they run. Forward only. */
export const MIGRATIONS = [
  // one a line: many hands add to this list
  Foundation0001,
  KeysAndRepeatedPosts0010,
  ListsOfApis0011,
  Sessions0020,
  SyncHistory0030,
] as const;
