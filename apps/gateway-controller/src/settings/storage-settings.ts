import { durationMs, secret } from '@tidegate/process';
import { z } from 'zod';

import { port } from './port.ts';

const postgres = z.strictObject({
  dsn: secret().prefault(''),
  host: z.string().default('localhost'),
  port: port.default(5432),
  database: z.string().default('gateway'),
  user: z.string().default('gateway'),
  password: secret().prefault(''),
  // Absent: `disable` for a database on this machine, `require` for any other
  sslmode: z.enum(['disable', 'require', 'verify-ca', 'verify-full']).optional(),
  // PEM file of the authority; absent = those Node trusts
  sslrootcert: z.string().default(''),
  connect_timeout: durationMs().prefault('5s'),
  // A server that takes longer, or a connection that leads nowhere, is given up. Migrations may take as long as they need
  query_timeout: durationMs().prefault('30s'),
  max_open_conns: z.int().min(2).max(1000).default(25),
  conn_max_idle_time: durationMs().prefault('5m'),
  application_name: z.string().default('gateway-controller'),
});

/** `[controller.storage]`: the database. */
export const storageSettings = z.strictObject({
  migrate: z.enum(['auto', 'check']).default('auto'),
  postgres: postgres.prefault({}),
});
