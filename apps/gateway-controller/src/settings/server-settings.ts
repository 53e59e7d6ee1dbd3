import { durationMs } from '@tidegate/process';
import { z } from 'zod';

import { port } from './port.ts';

/** `[controller.server]`: where the controller listens. */
export const serverSettings = z.strictObject({
  gateway_id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/)
    .default('default'),
  host: z.string().default('127.0.0.1'),
  // Two names of one setting each: the guide's first, WSO2's second
  port: port.optional(),
  api_port: port.optional(),
  grpc_host: z.string().default('127.0.0.1'),
  grpc_port: port.optional(),
  xds_port: port.optional(),
  grpc_tls: z
    .strictObject({
      cert_file: z.string().default(''),
      key_file: z.string().default(''),
      // PEM of the authority of routers and apim-syncs: they must show a certificate of it. '' = tokens alone say who they are
      client_ca_file: z.string().default(''),
      // How often the files are looked at
      reload_interval: durationMs()
        .refine((ms) => ms > 0, 'must be more than 0')
        .prefault('10s'),
    })
    .prefault({}),
  public_hosts: z.array(z.string()).default([]),
  // Addresses or networks of reverse proxies whose X-Forwarded-For is believed
  trusted_proxies: z.array(z.string()).default([]),
  shutdown_timeout: durationMs().prefault('15s'),
});
