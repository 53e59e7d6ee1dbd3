import type { CompileTarget } from './compile-target.ts';

/** The deployment that tests compile for. */
export function sampleTarget(changes: Partial<CompileTarget> = {}): CompileTarget {
  return {
    apiId: '018f0000-0000-7000-8000-00000000000a',
    deploymentId: '018f0000-0000-7000-8000-00000000000a/018f0000-0000-7000-8000-00000000000e',
    environment: 'default',
    environmentBasePath: '',
    basePath: '',
    generation: 1,
    defaults: { mainVhost: '*', sandboxVhost: 'sandbox-*', policyMerge: 'override' },
    ...changes,
  };
}
