import { conformance } from './testing/conformance.ts';

conformance([
  'traffic.test.ts',
  'vectors.test.ts',
  'listener/message-forms.test.ts',
  'exchange/content-coding.test.ts',
  'exchange/forward-through.test.ts',
  'exchange/policies-around.test.ts',
  'exchange/rewriting.test.ts',
  'exchange/run-exchange.test.ts',
  'http2/hostile-frames.test.ts',
  'http2/http2.test.ts',
  'listener/slow-clients.test.ts',
  'listener/strictness.test.ts',
  'listener/tls-listener.test.ts',
  'listener/upgrade.test.ts',
  'upstream/answer-strictness.test.ts',
  'upstream/upstream-failures.test.ts',
  'upstream/upstream-names.test.ts',
  'upstream/upstream-tls.test.ts',
  'upstream/what-reaches-upstreams.test.ts',
]);
