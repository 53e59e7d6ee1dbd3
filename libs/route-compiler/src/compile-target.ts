/** Where a document is compiled for: one deployment. */
export interface CompileTarget {
  readonly apiId: string;
  /** "<apiId>/<environmentId>" */
  readonly deploymentId: string;
  /** Name of the environment */
  readonly environment: string;
  /** "" or "/path", put in front of every context */
  readonly environmentBasePath: string;
  /** The deployment's own base path instead of the document's context; "" = none */
  readonly basePath: string;
  readonly generation: number;
  /** What the gateway says where the document says nothing */
  readonly defaults: {
    /** May list several, separated by ";" */
    readonly mainVhost: string;
    readonly sandboxVhost: string;
    readonly policyMerge: 'override' | 'additive';
  };
}
