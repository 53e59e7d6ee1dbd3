import { durationMs, logSettings, secret } from '@tidegate/process';
import { z } from 'zod';

/** The `[simulator]` table of config.toml (and `[log]`). Everything has a default: a bare simulator runs on 9443. */
export const simulatorSchema = z.object({
  log: logSettings.prefault({}),
  simulator: z
    .object({
      host: z.string().default('127.0.0.1'),
      port: z.number().int().min(0).max(65_535).default(9443),
      /** PEM of the self-signed certificate, which is its own CA: what `curl --cacert` takes. '' = kept in memory only */
      cert_file: z.string().default(''),
      /** Its private key, written 0600. Both files are reused while they are valid */
      key_file: z.string().default(''),
      /** JSON file that APIM's content survives in; '' = in memory only */
      state_file: z.string().default(''),
      /** Environments that revisions can be deployed to */
      environments: z.array(z.string()).default(['onprem-gw']),
      /** Registration token of the first environment's gateway, for the WebSocket; '' = every token is refused */
      gateway_token: secret().prefault(''),
      /** Needed for `/_control` as `x-control-token` when the simulator is bound beyond loopback; '' = no control there */
      control_token: secret().prefault(''),
      oauth2: z
        .object({
          client_id: z.string().default('tidegate'),
          client_secret: secret().prefault('tidegate-secret'),
          username: z.string().default('admin'),
          password: secret().prefault('admin'),
          /** What the client and the user may ask for; asked-for scopes beyond these are silently not granted, as APIM does */
          scopes: z
            .array(z.string())
            .default(['apim:api_import_export', 'apim:api_view', 'apim:api_publish', 'apim:api_manage', 'apim:admin']),
          token_lifetime: durationMs().prefault('1h'),
        })
        .prefault({}),
      behaviour: z
        .object({
          /** Does an import emit `api.deployed` to the gateway (reference §4.8)? */
          echo_deploy_on_import: z.boolean().default(false),
          /** What discovery says: an on-prem control plane, or one that names no gateway path */
          control_plane: z.enum(['onprem', 'cloud']).default('onprem'),
          /** Stock APIM wants `apim:api_publish` for undeploy-revision; true = so do we */
          undeploy_needs_publish_scope: z.boolean().default(false),
          /** What an import answers as `revision`: the number as text, or the revision's uuid (open point 1) */
          revision_answer: z.enum(['number', 'uuid']).default('number'),
          /** What undeploy-revision takes as revisionId: either form, or the uuid alone */
          undeploy_takes: z.enum(['any', 'uuid']).default('any'),
          revision_limit: z.number().int().min(1).default(5),
          ping_interval: durationMs().prefault('15s'),
          /** How long a newly created API answers 404 to reads (read-after-write lag) */
          hide_new: durationMs().prefault('0s'),
        })
        .prefault({}),
    })
    .prefault({}),
});

export type SimulatorSettings = z.output<typeof simulatorSchema>['simulator'];

/** Tables of config.toml that belong to other apps. */
export const foreignTables = [
  'controller',
  'router',
  'apim_sync',
  'redis',
  'policy_configurations',
  'api_key',
  'tracing',
] as const;
