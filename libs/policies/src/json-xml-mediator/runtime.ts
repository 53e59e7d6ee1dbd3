import { definePolicyRuntime, type ImmediateResponse, jsonResponse, type ResponseView } from '@tidegate/policy-sdk';

import { bodyText } from '../body-text.ts';
import { parseJson } from '../json-path.ts';
import { jsonXmlMediator, type JsonXmlMediatorParams } from './definition.ts';
import { jsonToXml } from './json-to-xml.ts';
import { xmlToJson } from './xml-to-json.ts';

type Format = 'json' | 'xml';
type Converted = { readonly bytes: Uint8Array } | { readonly problem: string };

export const jsonXmlMediatorRuntime = definePolicyRuntime<JsonXmlMediatorParams>({
  definition: jsonXmlMediator,
  build({ upstreamPayloadFormat: upstream, downsteamPayloadFormat: respelt, downstreamPayloadFormat: spelt }) {
    const downstream = respelt ?? spelt ?? OTHER[upstream];
    return {
      requestBody(exchange, body) {
        if (body === null || body.byteLength === 0) return undefined;
        const type = exchange.upstreamHeader('content-type');
        if (!isOf(type, downstream))
          return failure(`Content-Type must be ${NAMES[downstream]} for downstream payload format ${downstream}`);
        const converted = convert(body, { from: downstream, contentType: type });
        if ('problem' in converted) return failure(converted.problem);
        exchange.upstream.body = converted.bytes;
        exchange.setUpstreamHeader('content-type', NAMES[upstream]);
        return undefined;
      },
      responseBody({ response }, body) {
        if (response === null || body === null || body.byteLength === 0) return body;
        const type = response.header('content-type');
        if (type?.toLowerCase().includes('text/event-stream') === true) return body;
        if (!isOf(type, upstream))
          return fail(response, `Content-Type must be ${NAMES[upstream]} in response for upstream payload format ${upstream}`);
        const converted = convert(body, { from: upstream, contentType: type });
        if ('problem' in converted) return fail(response, converted.problem);
        response.setHeader('content-type', NAMES[downstream]);
        // It was that of other bytes.
        for (const name of ['etag', 'content-md5', 'content-digest', 'repr-digest', 'digest']) response.removeHeader(name);
        return converted.bytes;
      },
    };
  },
});

const OTHER: Readonly<Record<Format, Format>> = { json: 'xml', xml: 'json' };
const NAMES: Readonly<Record<Format, string>> = { json: 'application/json', xml: 'application/xml' };

function isOf(contentType: string | undefined, format: Format): boolean {
  const type = contentType?.toLowerCase() ?? '';
  return type.includes(NAMES[format]) || (format === 'xml' && type.includes('text/xml'));
}

function convert(body: Uint8Array, { from, contentType }: { from: Format; contentType: string | undefined }): Converted {
  const text = bodyText(body, contentType);
  if (text === null) return { problem: 'The body is not in the charset it says' };
  try {
    return { bytes: Buffer.from(from === 'xml' ? xmlToJson(text) : jsonToXml(document(text))) };
  } catch {
    // Parsers quote what they were given: not for the answer.
    return { problem: from === 'xml' ? 'Failed to convert XML to JSON' : 'Failed to convert JSON to XML' };
  }
}

function document(text: string): unknown {
  const parsed = parseJson(text);
  if (parsed === undefined) throw new Error('not JSON, or nested too deeply');
  return parsed;
}

function failure(message: string): ImmediateResponse {
  return jsonResponse(500, JSON.stringify({ error: 'Internal Server Error', message }));
}

function fail(response: ResponseView, message: string): Uint8Array {
  const { status, body } = failure(message);
  response.status = status;
  response.setHeader('content-type', 'application/json');
  for (const name of ['etag', 'last-modified', 'cache-control', 'expires']) response.removeHeader(name);
  return Buffer.from(body);
}
