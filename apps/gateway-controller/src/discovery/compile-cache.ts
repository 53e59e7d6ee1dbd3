import type { CompiledDeployment } from './compiler.ts';
import type { StoredDeployment } from './stored-rows.ts';

/**
 * Compiles each deployment once per generation, place and state of the secrets it names. A rewound database may use a generation again for another document:
 * clear the cache with every new epoch.
 */
export class CompileCache {
  readonly #compiled = new Map<string, { readonly key: string; readonly result: CompiledDeployment }>();
  readonly #compile: (stored: StoredDeployment) => CompiledDeployment;

  constructor(compile: (stored: StoredDeployment) => CompiledDeployment) {
    this.#compile = compile;
  }

  get(stored: StoredDeployment): CompiledDeployment {
    const key = JSON.stringify([
      stored.generation,
      stored.createdAt,
      stored.environment,
      stored.environmentBasePath,
      stored.basePath,
      stored.upstreamOverrides,
      stored.secrets.map(({ id, generation }) => [id, generation]),
    ]);
    const known = this.#compiled.get(stored.id);
    if (known?.key === key) return known.result;
    const result = this.#compile(stored);
    this.#compiled.set(stored.id, { key, result });
    return result;
  }

  forget(deploymentId: string): void {
    this.#compiled.delete(deploymentId);
  }

  clear(): void {
    this.#compiled.clear();
  }
}
