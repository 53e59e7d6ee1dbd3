import { useEffect, useState } from 'react';

import { guardLeaving } from './location.ts';

/** Asks before unsaved input is left; returns what ends that at once. */
export function useLeaveGuard(isDirty: boolean): () => void {
  const [guard] = useState({ release: () => undefined as void });
  useEffect(() => {
    if (!isDirty) return;
    guard.release = guardLeaving();
    return () => guard.release();
  }, [isDirty, guard]);
  return () => guard.release();
}
