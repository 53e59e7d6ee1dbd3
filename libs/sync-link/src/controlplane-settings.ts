import { durationMs, secret } from '@tidegate/process';
import { z } from 'zod';

/**
 * `[controller.controlplane]`, read by the controller (what to promise, how often to retry) and by apim-sync (where and how to push).
 * Names and defaults are WSO2's (reference control-plane-sync §5.5) except TLS verification, which is on (decision 11).
 * Durations are milliseconds once parsed.
 */
export const controlplaneSettings = z
  .strictObject({
    /** `name` or `name:port`; scheme is always https. Empty: nothing is pushed, every API stays `pending`. */
    host: z
      .string()
      .regex(/^$|^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/, 'must be host or host:port, without scheme and path')
      .default(''),
    /** Registration token of the gateway. Empty: no WebSocket; the push does not need it (decision 13). */
    token: secret().prefault(''),
    gateway_name: z.string().default('default'),
    mode: z.enum(['auto', 'onprem', 'cloud']).default('auto'),
    /** Where APIs that come from the control plane are deployed. */
    environment: z.string().min(1).default('default'),

    insecure_skip_verify: z.boolean().default(false),
    /** PEM file of the authority that signed the control plane's certificate, besides those Node trusts. */
    ca_file: z.string().default(''),

    reconnect_initial: positive('1s'),
    reconnect_max: positive('5m'),
    http_timeout: positive('30s'),

    apim_oauth2_client_id: z.string().default(''),
    apim_oauth2_client_secret: secret().prefault(''),
    apim_oauth2_username: z.string().default(''),
    apim_oauth2_password: secret().prefault(''),
    /** Separated by blanks. Undeploying may need `apim:api_publish` as well (decision 30). */
    apim_oauth2_scopes: z.string().default('apim:api_import_export apim:api_view'),
    /** Owner written into an imported API. */
    apim_provider: z.string().min(1).default('admin'),

    deployment_sync_enabled: z.boolean().default(true),
    /** Pushes tried per generation before an API is `failed`. */
    attempts_max: z.int().min(1).max(100).default(3),
    /** Ends of the waits between attempts, full jitter. */
    retry_initial: positive('2s'),
    retry_max: positive('5m'),
    /** How long a failed API rests before it is tried again without anybody asking. */
    reconcile_interval: positive('15m'),
    /** How often APIM's copy of an API is compared with what was pushed; 0s = never. Needs a read or two per API. */
    drift_interval: durationMs().prefault('15m'),
    /** What to do when somebody changed it there: say so, or push ours over it. */
    on_drift: z.enum(['report', 'push']).default('report'),

    // Accepted so that a WSO2 file loads as it is. Nothing here reads them: the pools are `apim_sync.concurrency`, the poll is
    // `reconcile_interval`, and the batch belongs to a listing that on-prem does not use.
    polling_interval: positive('15m'),
    sync_batch_size: z.int().min(1).default(50),
    apim_sync_pool_size: z.int().min(0).default(0),
    apim_sync_queue_size: z.int().min(0).default(0),
    ai_workspace_sync_pool_size: z.int().min(0).default(0),
    ai_workspace_sync_queue_size: z.int().min(0).default(0),
  })
  .superRefine((settings, context) => {
    const refuse = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
    if (settings.token.reveal() !== '' && settings.host === '') refuse('host', 'is required when controlplane.token is set');
    if (settings.reconnect_initial > settings.reconnect_max) refuse('reconnect_initial', 'must not be above reconnect_max');
    if (settings.retry_initial > settings.retry_max) refuse('retry_initial', 'must not be above retry_max');
  });

export type ControlplaneSettings = z.output<typeof controlplaneSettings>;

function positive(initial: string): z.ZodPrefault<z.ZodType<number, string | number>> {
  return durationMs()
    .refine((ms) => ms > 0, 'must be more than 0')
    .prefault(initial);
}
