import type { ManagedProcess } from './managed-process.ts';
import type { Listener } from './options.ts';

export type StackOptions = {
  readonly dataDir: string;
  /** `free` = every listener on a port nobody uses just now; a port given here wins over configuration */
  readonly ports?: 'free' | Partial<Record<Listener, number>>;
  readonly routers?: number;
  readonly configFiles?: readonly string[];
  /** laid over what is generated, for every process: `{ log: { level: 'debug' } }` */
  readonly extraConfig?: { readonly [key: string]: unknown };
  readonly env?: NodeJS.ProcessEnv;
  readonly simulator?: boolean;
  readonly redis?: boolean;
  readonly reset?: boolean;
  readonly verbose?: boolean;
  /** gives up a start under way: what runs already is stopped in order, and the start rejects */
  readonly signal?: AbortSignal;
  /** progress and what the processes have to say to a person, a line at a time */
  readonly say?: (line: string) => void;
};

/** All of Tidegate, running. */
export type Stack = {
  readonly urls: {
    readonly controller: string;
    readonly controllerAdmin: string;
    readonly grpc: string;
    readonly routers: readonly string[];
    /** The same by TLS, HTTP/2 and HTTP/1.1, with certificates of the development CA */
    readonly routersTls: readonly string[];
    readonly routerAdmins: readonly string[];
    /** null when there is no simulator */
    readonly apim: string | null;
    readonly petstore: string;
    /** holds the password */
    readonly database: string;
    /** '' = none */
    readonly redis: string;
  };
  readonly credentials: {
    readonly username: string;
    readonly password: string;
    readonly apim: { readonly clientId: string; readonly clientSecret: string } | null;
  };
  readonly files: {
    readonly dataDir: string;
    /** PEM of the simulated APIM's self-signed certificate */
    readonly apimCa: string;
    /** PEM of the development CA, which signed the sample backend's */
    readonly devCa: string;
    /** what the process of that name has logged since this start */
    log(name: string): string;
  };
  readonly gatewayId: string;
  /** by name: postgres, redis, petstore, apim-simulator, gateway-controller, apim-sync, router-1 … */
  readonly processes: ReadonlyMap<string, ManagedProcess>;
  /** The process of that name; an error if there is none. */
  process(name: string): ManagedProcess;
  /** Stops everything in order, routers first so that they drain. */
  stop(): Promise<void>;
  /** Leaves nothing running, at once. */
  killAll(): Promise<void>;
};
