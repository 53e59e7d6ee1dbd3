import { conformanceOfPlainReads } from '../testing/conformance.ts';

conformanceOfPlainReads(['stream-engine/hand-over.test.ts', 'exchange/run-exchange.test.ts', 'listener/upgrade.test.ts']);
