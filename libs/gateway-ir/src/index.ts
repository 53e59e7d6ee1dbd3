export * from './generated/tidegate/discovery/v1/routes.ts';
export * from './generated/tidegate/discovery/v1/discovery.ts';
export { canonicalPath, plainPathEnd } from './canonical-path.ts';
export { contentHash, EMPTY_TABLE_HASH, tableHash, type HashedEntry } from './hash.ts';
export { encodeFrames, FRAME_BYTES_MAX, type EntrySource } from './frames.ts';
export { redact } from './redact.ts';
export { STATUS_CLASSES, TRAFFIC_APIS_MAX, TRAFFIC_LATENCIES_MS } from './traffic.ts';
export {
  BUNDLE_BYTES_MAX,
  type BundleManifest,
  compareVersions,
  judgeBundle,
  RUNTIME_VERSION_PATTERN,
  runtimeKey,
  type SignedBundle,
} from './runtime-bundle.ts';
export {
  FREE_PROPERTIES_MAX,
  FREE_PROPERTY,
  FREE_PROPERTY_CHARS_MAX,
  parseProperty,
  RUNTIME_PROPERTIES,
  type RuntimeProperty,
  type RuntimeSection,
} from './runtime-properties.ts';
