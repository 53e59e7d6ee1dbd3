import { STATUS_CLASSES, TRAFFIC_LATENCIES_MS } from '@tidegate/gateway-ir';

/** Columns of node_traffic and api_traffic that count requests, in the order of `Answered`. */
export const CLASS_COLUMNS = Array.from({ length: STATUS_CLASSES }, (_, at) => `class_${at}`);
export const LATENCY_COLUMNS = Array.from({ length: TRAFFIC_LATENCIES_MS.length + 1 }, (_, at) => `latency_${at}`);
export const COUNT_COLUMNS = [...CLASS_COLUMNS, ...LATENCY_COLUMNS];

/** Reports are kept in slots of this length */
export const NODE_SLOT_SECONDS = 10;
export const API_SLOT_SECONDS = 30;
