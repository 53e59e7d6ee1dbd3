/** Upper bounds of what `Answered.by_latency` counts; whatever took longer is one more (discovery.proto). */
export const TRAFFIC_LATENCIES_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000] as const;

/** Entries of `Answered.by_class`: nothing was sent, 1xx, 2xx, 3xx, 4xx, 5xx. */
export const STATUS_CLASSES = 6;

/** Entries of `Traffic.apis`. */
export const TRAFFIC_APIS_MAX = 50;
