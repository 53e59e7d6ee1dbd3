/** What a policy may ask of a Redis while it runs. The router holds the connections: policies hold none. */
export interface RedisCalls {
  /** One atomic step. Rejects with a message fit for a log when Redis does not answer in time, or is away: at once then */
  run(call: RedisCall): Promise<unknown>;
}

export interface RedisCall {
  readonly server: RedisServer;
  readonly script: RedisScript;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
}

/** Lua that Redis runs; sent once, then known by its digest. */
export interface RedisScript {
  /** A word of letters; one name is one source */
  readonly name: string;
  readonly source: string;
}

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** "" = the default one */
  readonly username: string;
  /** "" = none */
  readonly password: string;
  readonly db: number;
  readonly connectMs: number;
  readonly readMs: number;
}
