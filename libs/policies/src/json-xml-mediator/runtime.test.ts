import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { jsonXmlMediator } from './definition.ts';
import { jsonToXml } from './json-to-xml.ts';
import { jsonXmlMediatorRuntime } from './runtime.ts';
import { xmlToJson } from './xml-to-json.ts';

function build(upstreamPayloadFormat: 'json' | 'xml') {
  const downsteamPayloadFormat = upstreamPayloadFormat === 'xml' ? 'json' : 'xml';
  return jsonXmlMediatorRuntime.build({ upstreamPayloadFormat, downsteamPayloadFormat }, sampleContext());
}

async function up(upstream: 'json' | 'xml', body: string | Buffer, contentType?: string) {
  const exchange = sampleExchange({ headers: contentType === undefined ? {} : { 'content-type': contentType } });
  const verdict = await build(upstream).requestBody?.(exchange, Buffer.from(body));
  const sent = exchange.upstream.body === null ? null : Buffer.from(exchange.upstream.body).toString();
  return { verdict, sent, type: exchange.upstreamHeaders.get('content-type') };
}

async function down(upstream: 'json' | 'xml', body: string, contentType?: string) {
  const exchange = sampleExchange({ answer: contentType === undefined ? {} : { 'content-type': contentType, etag: '"a"' } });
  const sent = await build(upstream).responseBody?.(exchange, Buffer.from(body));
  return { sent: Buffer.from(sent ?? []).toString(), status: exchange.response?.status, headers: exchange.answerHeaders };
}

const refusal = (message: string) => ({
  status: 500,
  headers: [['content-type', 'application/json']],
  body: JSON.stringify({ error: 'Internal Server Error', message }),
});

describe('json-xml-mediator', () => {
  it('makes XML of a JSON request, and JSON of the XML answer', async () => {
    expect(await up('xml', '{"pet":{"name":"rex","tags":["a","b"]}}', 'application/json; charset=utf-8')).toEqual({
      verdict: undefined,
      sent: '<root>\n  <pet>\n    <name>rex</name>\n    <tags>a</tags>\n    <tags>b</tags>\n  </pet>\n</root>',
      type: 'application/xml',
    });
    const answer = await down(
      'xml',
      '<?xml version="1.0"?><pet id="7"><name>rex</name><tag>a</tag><tag>b</tag></pet>',
      'text/xml',
    );
    expect(JSON.parse(answer.sent)).toEqual({ pet: { '@id': 7, name: 'rex', tag: ['a', 'b'] } });
    expect([answer.headers.get('content-type'), answer.headers.has('etag')]).toEqual(['application/json', false]);
  });

  it('the other way round', async () => {
    expect((await up('json', '<a><b>1</b></a>', 'application/xml')).sent).toBe('{\n  "a": {\n    "b": 1\n  }\n}');
    expect((await down('json', '{"b":1}', 'application/json')).sent).toBe('<root>\n  <b>1</b>\n</root>');
  });

  it('leaves empty bodies and event streams as they are', async () => {
    expect(await up('xml', '')).toMatchObject({ verdict: undefined, sent: null, type: undefined });
    expect((await down('xml', 'data: x\n\n', 'text/event-stream')).sent).toBe('data: x\n\n');
    expect((await down('xml', '')).status).toBe(200);
  });

  it.each([
    ['xml', undefined, 'Content-Type must be application/json for downstream payload format json'],
    ['xml', 'text/plain', 'Content-Type must be application/json for downstream payload format json'],
    ['json', 'application/json', 'Content-Type must be application/xml for downstream payload format xml'],
  ] as const)('refuses requests for an upstream of %s that are %s', async (upstream, type, message) => {
    expect((await up(upstream, 'x', type)).verdict).toEqual(refusal(message));
  });

  it('refuses what it cannot convert, and answers what it cannot', async () => {
    expect((await up('xml', '{"a":', 'application/json')).verdict).toEqual(refusal('Failed to convert JSON to XML'));
    expect((await up('xml', '{"a":"\\u0000"}', 'application/json')).verdict).toEqual(refusal('Failed to convert JSON to XML'));
    expect((await up('xml', Buffer.from('{}', 'utf16le'), 'application/json')).verdict).toEqual(
      refusal('The body is not in the charset it says'),
    );
    expect((await up('json', '<a>', 'application/xml')).verdict).toEqual(refusal('Failed to convert XML to JSON'));
    const answer = await down('xml', '<a></b>', 'application/xml');
    expect([answer.status, answer.sent]).toEqual([500, refusal('Failed to convert XML to JSON').body]);
    const wrong = await down('xml', '{}', 'application/json');
    expect([wrong.status, JSON.parse(wrong.sent)]).toMatchObject([
      500,
      { message: 'Content-Type must be application/xml in response for upstream payload format xml' },
    ]);
  });

  it.each([
    {},
    { upstreamPayloadFormat: 'xml' },
    { upstreamPayloadFormat: 'xml', downsteamPayloadFormat: 'xml' },
    { upstreamPayloadFormat: 'xml', downsteamPayloadFormat: 'json', downstreamPayloadFormat: 'json' },
    { upstreamPayloadFormat: 'yaml', downstreamPayloadFormat: 'json' },
    { upstreamPayloadFormat: 'xml', downstreamPayloadFormat: 'json', root: 'a' },
  ])('refuses %j', (params) => {
    expect(jsonXmlMediator.params.safeParse(params).success).toBe(false);
  });
});

describe('JSON to XML', () => {
  it.each([
    [{ z: 1, a: null }, '<root>\n  <z>1</z>\n  <a></a>\n</root>'],
    ['text', '<root>text</root>'],
    [[1, 2], '<root>\n  <item>1</item>\n  <item>2</item>\n</root>'],
    [{ a: [] }, '<root>\n</root>'],
    [{ a: {} }, '<root>\n  <a></a>\n</root>'],
    [{ a: [[1], [2]] }, '<root>\n  <a>\n    <item>1</item>\n  </a>\n  <a>\n    <item>2</item>\n  </a>\n</root>'],
    [{ 'a b': 1 }, '<root>\n  <a_b originalKey="a b">1</a_b>\n</root>'],
    [{ '1': 1 }, '<root>\n  <_1 originalKey="1">1</_1>\n</root>'],
    [{ '': 1 }, '<root>\n  <_ originalKey="">1</_>\n</root>'],
    [{ '"><x>': 1 }, '<root>\n  <___x_ originalKey="&quot;&gt;&lt;x&gt;">1</___x_>\n</root>'],
    [{ a: '<b>&"\'' }, '<root>\n  <a>&lt;b&gt;&amp;&quot;&apos;</a>\n</root>'],
  ])('%j', (document, xml) => {
    expect(jsonToXml(document)).toBe(xml);
  });
});

describe('XML to JSON', () => {
  it.each([
    ['<a/>', { a: null }],
    ['<a> </a>', { a: null }],
    ['<a>true</a>', { a: true }],
    ['<a>-1.5</a>', { a: -1.5 }],
    ['<a>007</a>', { a: '007' }],
    ['<a>1e9</a>', { a: '1e9' }],
    ['<a>99999999999999999999</a>', { a: '99999999999999999999' }],
    ['<a x="1">t</a>', { a: { '@x': 1, '#text': 't' } }],
    ['<a><![CDATA[<b>]]>&amp;&#65;</a>', { a: '<b>&A' }],
    ['<n:a xmlns:n="u"><n:b/></n:a>', { 'n:a': { '@xmlns:n': 'u', 'n:b': null } }],
    ['<a><b/><b/><b>1</b></a>', { a: { b: [null, null, 1] } }],
  ])('%s', (xml, document) => {
    expect(JSON.parse(xmlToJson(xml))).toEqual(document);
  });

  it('an element named like what objects inherit is an element', () => {
    expect(xmlToJson('<a><__proto__>1</__proto__><constructor/></a>')).toContain('"__proto__": 1');
    expect(Object.prototype).not.toHaveProperty('1');
  });

  it.each([
    ['a document type', '<!DOCTYPE a><a/>'],
    ['entities that grow', `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(100)}"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>`],
    ['an entity from elsewhere', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
    ['an entity nobody has declared', '<a>&b;</a>'],
    ['nothing', ''],
    ['two roots', '<a/><b/>'],
    ['text around', 'x<a/>'],
    ['an open element', '<a><b></a>'],
    ['an attribute twice', '<a x="1" x="2"/>'],
    ['too deep', '<a>'.repeat(101) + '</a>'.repeat(101)],
    ['too many elements', `<a>${'<b/>'.repeat(100_001)}</a>`],
    ['too many attributes', `<a ${Array.from({ length: 257 }, (_, at) => `a${at}="1"`).join(' ')}/>`],
    ['a control character', '<a>&#1;</a>'],
  ])('refuses %s', (_what, xml) => {
    expect(() => xmlToJson(xml)).toThrow();
  });

  it('takes what is as large as it may be', () => {
    expect(JSON.parse(xmlToJson('<a>'.repeat(100) + '</a>'.repeat(100)))).toHaveProperty('a');
    expect(xmlToJson(`<a>${'<b/>'.repeat(99_999)}</a>`)).toContain('null');
  });
});
