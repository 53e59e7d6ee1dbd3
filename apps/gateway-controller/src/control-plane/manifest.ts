import { policyDefinitions } from '@tidegate/policies/definitions';
import { z } from 'zod';

/** What a cloud control plane is told of this gateway (reference §1.8). Pure. */
export function manifest(): object {
  return {
    version: COMPATIBLE_WITH,
    functionalityType: 'regular',
    policies: policyDefinitions.map(({ name, fullVersion, displayName, description, params }) => ({
      name,
      version: fullVersion,
      displayName,
      description,
      managedBy: 'tidegate',
      parameters: z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }),
    })),
  };
}

/** The release of WSO2's gateway whose documents, policies and wire we speak: a control plane may compare it with what was registered. */
const COMPATIBLE_WITH = '1.2.0';
