import { definePolicyRuntime } from '@tidegate/policy-sdk';

import { buildGuardrail } from '../guardrail/guardrail.ts';
import { contentLengthGuardrail, type ContentLengthGuardrailParams } from './definition.ts';

const GUARDRAIL = {
  type: 'CONTENT_LENGTH_GUARDRAIL',
  name: 'content-length-guardrail',
  reason: 'Violation of applied content length constraints detected.',
  bytesAlone: true,
} as const;

export const contentLengthGuardrailRuntime = definePolicyRuntime<ContentLengthGuardrailParams>({
  definition: contentLengthGuardrail,
  build: (params) =>
    buildGuardrail(GUARDRAIL, params, ({ min, max }) => (_text, bytes) => {
      return bytes >= min && bytes <= max ? null : `The value has ${bytes} bytes; allowed are ${min} to ${max}.`;
    }),
});
