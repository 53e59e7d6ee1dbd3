import { z } from 'zod';

import { headerValue } from '../header-fields.ts';
import { parseJson } from '../json-path.ts';

/** What the service asks for; absent = as it is. Checked whole before anything of it is done. */
export type Reply = z.infer<typeof replySchema>;

/** RFC 9110 §5.1: services may use more than documents can */
const headerName = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/, 'not a header name');
const headers = z.record(headerName, headerValue).optional();

/** Members it does not know are left alone: the contract may grow. */
const replySchema = z.object({
  directRespond: z.boolean().optional(),
  responseCode: z.int().min(200).max(599).optional(),
  dynamicEndpoint: z.object({ endpointName: z.string() }).optional(),
  headersToAdd: headers,
  headersToReplace: headers,
  headersToRemove: z.array(headerName).max(1000).optional(),
  pathToRewrite: z.string().max(8192).optional(),
  body: z
    .base64()
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
    .optional(),
  interceptorContext: z.record(z.string(), z.string()).optional(),
});

/** `null` = an empty answer: nothing changes. Throws on what is not a reply. */
export function parseReply(bytes: Uint8Array): Reply | null {
  if (bytes.byteLength === 0) return null;
  const parsed = replySchema.safeParse(parseJson(Buffer.from(bytes).toString('utf8')));
  if (!parsed.success) throw new Error(`the reply is not of the contract: ${z.prettifyError(parsed.error).slice(0, 500)}`);
  return parsed.data;
}
