import type { StackClient } from '../../test/stack-client.ts';

interface SeenExchange {
  readonly seq: number;
  readonly endpoint: string;
  readonly processed: boolean;
  readonly fault: { readonly kind: string } | null;
}

/** Imports that took effect in APIM, or may yet, while it misbehaved about them: each may explain one revision more. */
export interface ImportTally {
  /** Often enough that the simulator's record, which is bounded, loses none. */
  read(): Promise<void>;
  unknown(): number;
}

export function createImportTally(client: StackClient): ImportTally {
  const unknown = new Set<number>();
  let after = 0;
  return {
    async read() {
      const { exchanges, lastSeq } = JSON.parse(await client.control('GET', `/state?after=${after}`)) as {
        exchanges: readonly SeenExchange[];
        lastSeq: number;
      };
      for (const { seq, endpoint, processed, fault } of exchanges)
        if (endpoint === 'import' && fault !== null && (processed || fault.kind === 'late')) unknown.add(seq);
      after = lastSeq;
    },
    unknown: () => unknown.size,
  };
}
