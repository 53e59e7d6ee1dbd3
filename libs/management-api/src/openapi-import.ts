import { restApiDocument } from '@tidegate/rest-api';
import { z } from 'zod';

export type OpenApiImport = z.infer<typeof openApiImport>;
export type OpenApiImportQuery = z.output<typeof openApiImportQuery>;

export const openApiImportQuery = z.object({
  name: z.string().max(200).optional().describe('metadata.name; absent = from title and version'),
  context: z.string().max(200).optional().describe('Absent = from the title, with $version'),
  upstream: z.string().max(2000).optional().describe('URL; wins over `servers`'),
});

/** POST /rest-apis:from-openapi: a document ready to be deployed. Nothing is stored. */
export const openApiImport = z.object({
  status: z.literal('success'),
  document: restApiDocument,
  losses: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
});

/** GET /rest-apis/{id}/openapi */
export const openApiExport = z.object({ openapi: z.literal('3.1.0') }).loose();
