import { definePolicyRuntime, linearRegex } from '@tidegate/policy-sdk';

import { buildGuardrail } from '../guardrail/guardrail.ts';
import { regexGuardrail, type RegexGuardrailParams } from './definition.ts';

const GUARDRAIL = { type: 'REGEX_GUARDRAIL', name: 'regex-guardrail', reason: 'Violation of regular expression detected.' };

export const regexGuardrailRuntime = definePolicyRuntime<RegexGuardrailParams>({
  definition: regexGuardrail,
  build: (params) =>
    buildGuardrail(GUARDRAIL, params, ({ regex }) => {
      const compiled = linearRegex(regex);
      return (text) => (compiled.test(text) ? null : 'The value does not match the regular expression.');
    }),
});
