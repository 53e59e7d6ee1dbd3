import { readFileSync } from 'node:fs';

import { isLoopback } from '@tidegate/process';
import type { PoolConfig } from 'pg';

import type { PostgresSettings } from '../config.ts';

/** Where and how to reach PostgreSQL, in the words of `pg`. A `dsn` says everything about address, user and TLS itself. */
export function connectionOf(settings: PostgresSettings): PoolConfig {
  return {
    ...(settings.dsn.reveal() === '' ? addressOf(settings) : { connectionString: settings.dsn.reveal() }),
    connectionTimeoutMillis: settings.connect_timeout,
    idleTimeoutMillis: settings.conn_max_idle_time,
    application_name: settings.application_name,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

function addressOf(settings: PostgresSettings): PoolConfig {
  return {
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    password: settings.password.reveal(),
    ssl: tlsOf(settings),
  };
}

/** `require` encrypts without asking who answers, as libpq does; the verifying modes ask. */
function tlsOf(settings: PostgresSettings): PoolConfig['ssl'] {
  const mode = settings.sslmode ?? (isLoopback(settings.host) ? 'disable' : 'require');
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify-ca':
      return { ...authority(settings), checkServerIdentity: () => undefined };
    case 'verify-full':
      return authority(settings);
  }
}

function authority({ sslrootcert }: PostgresSettings): { rejectUnauthorized: true; ca?: string } {
  return sslrootcert === '' ? { rejectUnauthorized: true } : { rejectUnauthorized: true, ca: readFileSync(sslrootcert, 'utf8') };
}
