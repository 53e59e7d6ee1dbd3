import { Controller, Get, Query } from '@nestjs/common';
import { type PolicyItem, type PolicyList, type PolicyListQuery, policyListQuery } from '@tidegate/management-api';
import { policyDefinitions } from '@tidegate/policies/definitions';
import { z } from 'zod';

import { queryOf } from '../http/query.ts';

/** What documents may name, with the schema that their parameters are checked against. */
@Controller(['policies', 'api/management/v1/policies'])
export class PoliciesController {
  @Get()
  list(@Query(queryOf(policyListQuery)) { category, limit, offset }: PolicyListQuery): PolicyList {
    const fitting = POLICIES.filter((policy) => category === undefined || category === '' || policy.category === category);
    const policies = fitting.slice(offset, offset + limit);
    return { status: 'success', count: policies.length, total: fitting.length, limit, offset, policies };
  }
}

/** Known when the program is written, so made once. */
const POLICIES: readonly PolicyItem[] = policyDefinitions.map(({ params, phases, ...definition }) => ({
  name: definition.name,
  version: definition.version,
  fullVersion: definition.fullVersion,
  displayName: definition.displayName,
  description: definition.description,
  category: definition.category,
  phases: [...phases],
  parameters: z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>,
}));
