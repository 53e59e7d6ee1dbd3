/** How many APIs are pushed at once: halved when APIM struggles, one more after as many good pushes as there are places. */
export interface Concurrency {
  readonly limit: number;
  readonly max: number;
  /** Good pushes since the limit last changed */
  readonly streak: number;
}

export function startConcurrency(max: number): Concurrency {
  return { limit: max, max, streak: 0 };
}

/** Pure. `struggling` = 429, 5xx or no answer; refusals of a document say nothing about APIM's load. */
export function adapt(state: Concurrency, outcome: 'good' | 'struggling'): Concurrency {
  if (outcome === 'struggling') return { ...state, limit: Math.max(1, Math.floor(state.limit / 2)), streak: 0 };
  if (state.limit === state.max) return state;
  const streak = state.streak + 1;
  return streak < state.limit ? { ...state, streak } : { ...state, limit: state.limit + 1, streak: 0 };
}
