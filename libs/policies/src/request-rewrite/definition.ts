import { definePolicy, regexPattern } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { headerName } from '../header-fields.ts';

export type RequestRewriteParams = z.infer<typeof params>;

const matcher = (name: z.ZodString, what: string) =>
  z
    .strictObject({
      name: name.describe(`Name of the ${what}`),
      type: z
        .enum(['Exact', 'Regex', 'Present'])
        .default('Exact')
        .describe('How the value is compared; Regex matches anywhere in it (RE2)'),
      value: z.string().max(1024).optional().describe('What the value is compared with; not used with Present'),
    })
    .refine(({ type, value }) => type === 'Present' || value !== undefined, { path: ['value'], error: 'value is required' })
    .refine(({ type, value }) => type !== 'Regex' || regexPattern.safeParse(value).success, {
      path: ['value'],
      error: 'must be a regular expression in RE2 syntax',
    });

const path = z
  .string()
  .min(1)
  .max(2048)
  .regex(/^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/, 'a path that starts with "/", without "?" or "#"');

const substitution = z.string().max(2048).describe('What takes the place of each match; \\1 … \\9 stand for groups');

const pathRewrite = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('ReplacePrefixMatch'),
    replacePrefixMatch: path.describe('Takes the place of what the operation path matched'),
  }),
  z.strictObject({ type: z.literal('ReplaceFullPath'), replaceFullPath: path.describe('The whole new path') }),
  z.strictObject({
    type: z.literal('ReplaceRegexMatch'),
    replaceRegexMatch: z
      .strictObject({ pattern: regexPattern.describe('Regular expression (RE2); every match is replaced'), substitution })
      .describe('What is replaced by what'),
  }),
]);

const queryRule = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('Replace'),
    name: z.string().min(1).max(256).describe('Name of the parameter'),
    value: z.string().max(2048).describe('Its value from now on; nothing is added if it is absent'),
  }),
  z.strictObject({ action: z.literal('Remove'), name: z.string().min(1).max(256).describe('Name of the parameter') }),
  z.strictObject({
    action: z.literal('Add'),
    name: z.string().min(1).max(256).describe('Name of the parameter'),
    value: z.string().max(2048).describe('Added as one more occurrence'),
  }),
  z.strictObject({
    action: z.literal('Append'),
    name: z.string().min(1).max(256).describe('Name of the parameter'),
    value: z.string().max(2048).describe('Joined to the end of its value; becomes its value if it is absent'),
    separator: z.string().max(16).default('').describe('Between the two'),
  }),
  z.strictObject({
    action: z.literal('ReplaceRegexMatch'),
    name: z.string().min(1).max(256).describe('Name of the parameter'),
    pattern: regexPattern.describe('Regular expression (RE2); every match in the value is replaced'),
    substitution,
  }),
]);

const params = z
  .strictObject({
    match: z
      .strictObject({
        headers: z.array(matcher(headerName, 'header')).max(20).default([]).describe('Conditions on headers'),
        queryParams: z
          .array(matcher(z.string().min(1).max(256), 'query parameter'))
          .max(20)
          .default([])
          .describe('Conditions on query parameters'),
      })
      .optional()
      .describe('All of these must hold, otherwise nothing is rewritten; absent = always'),
    pathRewrite: pathRewrite.optional().describe('What happens to the path behind the context'),
    queryRewrite: z
      .strictObject({ rules: z.array(queryRule).min(1).max(50).describe('Run in order') })
      .optional()
      .describe('What happens to the query'),
    methodRewrite: z
      .enum(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'])
      .optional()
      .describe('The method that goes upstream'),
  })
  .refine(
    ({ pathRewrite: forPath, queryRewrite, methodRewrite }) =>
      forPath !== undefined || queryRewrite !== undefined || methodRewrite !== undefined,
    'pathRewrite, queryRewrite or methodRewrite is required',
  );

export const requestRewrite = definePolicy<RequestRewriteParams>({
  name: 'request-rewrite',
  version: 'v1',
  fullVersion: '1.0.2',
  displayName: 'Request rewrite',
  description: 'Changes path, query and method of what goes upstream, for all requests or those that match.',
  category: 'transformation',
  phases: ['request-headers'],
  params,
});
