import { conformance } from './testing/conformance.ts';

conformance([
  'listener/hostile-bytes.store.test.ts',
  'security/transfer-encodings.store.test.ts',
  'upstream/bodies.store.test.ts',
]);
