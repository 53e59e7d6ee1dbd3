import { type ImmediateResponse, jsonResponse, type Policy } from '@tidegate/policy-sdk';

import { bodyText } from '../body-text.ts';
import { jsonReader, parseJson } from '../json-path.ts';
import type { Side } from './sides.ts';

/** What is wrong with a text; `null` = nothing. `invert` is not its business. */
export type Check = (text: string, bytes: number) => string | null;
/** Content-Type and body of one direction */
type Message = readonly [contentType: string | undefined, body: Uint8Array | null];

export interface Guardrail {
  /** "REGEX_GUARDRAIL" */
  readonly type: string;
  readonly name: string;
  readonly reason: string;
  /** Checks how many bytes there are, whatever they are; absent = what the text is */
  readonly bytesAlone?: true;
}

interface Sides<S extends Side> {
  readonly request?: S | undefined;
  readonly response?: S | undefined;
}

/**
 * A policy that looks at bodies and answers 422 in place of what it does not like. A body that does not hold what is to be checked
 * (no JSON, no such member, text in a charset that nobody can be sure of) is refused too, whatever `invert` says: what cannot be checked does not pass.
 */
export function buildGuardrail<S extends Side>(
  guardrail: Guardrail,
  { request, response }: Sides<S>,
  checkOf: (side: S) => Check,
): Policy {
  const bytesAlone = guardrail.bytesAlone ?? false;
  const forRequest = inspection(request, { bytesAlone, checkOf });
  const forResponse = inspection(response, { bytesAlone, checkOf });
  return {
    ...(forRequest !== null && {
      requestBody(exchange, body) {
        const finding = forRequest([exchange.upstreamHeader('content-type'), body]);
        return finding === null ? undefined : intervention(guardrail, 'REQUEST', finding);
      },
    }),
    ...(forResponse !== null && {
      responseBody({ response: answer }, body) {
        const finding = forResponse([answer?.header('content-type'), body]);
        if (finding === null || answer === null) return body;
        const { status, headers, body: text } = intervention(guardrail, 'RESPONSE', finding);
        answer.status = status;
        for (const name of ABOUT_THE_BODY) answer.removeHeader(name);
        for (const [name, value] of headers) answer.setHeader(name, value);
        return Buffer.from(text);
      },
    }),
  };
}

/** They described the body that does not go out. */
const ABOUT_THE_BODY = [
  'content-encoding',
  'content-language',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
  'content-md5',
  'digest',
];

interface Finding {
  /** `null` = not to be told */
  readonly assessment: string | null;
}

function inspection<S extends Side>(
  side: S | undefined,
  { bytesAlone, checkOf }: { bytesAlone: boolean; checkOf: (side: S) => Check },
): ((message: Message) => Finding | null) | null {
  if (side === undefined || !side.enabled) return null;
  const check = checkOf(side);
  const read = side.jsonPath === '' ? null : jsonReader(side.jsonPath);
  const tell = (assessment: string): Finding => ({ assessment: side.showAssessment ? assessment : null });
  return ([contentType, body]) => {
    const bytes = body ?? NOTHING;
    const whole = bytesAlone && read === null ? '' : bodyText(bytes, contentType);
    if (whole === null) return tell('The body is not text in the charset it says.');
    const text = read === null ? whole : textOf(read(parseJson(whole)));
    if (text === undefined) return tell(`There is no value at ${side.jsonPath}.`);
    const wrong = checked(check, text, read === null ? bytes.byteLength : Buffer.byteLength(text));
    if (wrong === UNCHECKED) return tell(UNCHECKED);
    if (side.invert) return wrong === null ? tell('The value fits, which it must not.') : null;
    return wrong === null ? null : tell(wrong);
  };
}

/** A check that throws has not been made (a text too long for the regular expression of a user). */
function checked(check: Check, text: string, bytes: number): string | null {
  try {
    return check(text, bytes);
  } catch {
    return UNCHECKED;
  }
}

const UNCHECKED = 'The value is too long to be checked.';
const NOTHING = new Uint8Array();

function textOf(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}

function intervention(
  { type, name, reason }: Guardrail,
  direction: 'REQUEST' | 'RESPONSE',
  { assessment }: Finding,
): ImmediateResponse {
  const message = {
    action: 'GUARDRAIL_INTERVENED',
    actionReason: reason,
    ...(assessment !== null && { assessments: assessment }),
    direction,
    interveningGuardrail: name,
  };
  return jsonResponse(422, JSON.stringify({ type, message }));
}
