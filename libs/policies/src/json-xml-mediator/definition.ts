import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type JsonXmlMediatorParams = z.infer<typeof params>;

const format = z.enum(['json', 'xml']);

const params = z
  .strictObject({
    upstreamPayloadFormat: format.describe('What the upstream reads and writes'),
    downsteamPayloadFormat: format.optional().describe('What clients read and write, as WSO2 spells it'),
    downstreamPayloadFormat: format.optional().describe('What clients read and write; this or the other spelling is required'),
  })
  .refine(
    ({ downsteamPayloadFormat: one, downstreamPayloadFormat: other }) => (one === undefined) !== (other === undefined),
    'either downsteamPayloadFormat or downstreamPayloadFormat is required',
  )
  .refine(
    (given) => given.upstreamPayloadFormat !== (given.downsteamPayloadFormat ?? given.downstreamPayloadFormat),
    'the two formats must differ',
  );

export const jsonXmlMediator = definePolicy<JsonXmlMediatorParams>({
  name: 'json-xml-mediator',
  version: 'v1',
  fullVersion: '1.0.4',
  displayName: 'JSON and XML mediator',
  description: 'Lets clients speak JSON to an upstream that speaks XML, or the other way round.',
  category: 'mediation',
  phases: ['request-body', 'response-body'],
  params,
});
