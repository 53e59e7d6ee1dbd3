import { runtimeKey } from '@tidegate/gateway-ir';
import { durationMs, secret } from '@tidegate/process';
import { z } from 'zod';

/** Of a shared key that is hashed plainly: long enough that nobody guesses it. */
const ENROLMENT_KEY_LENGTH_MIN = 32;
/** `[controller.discovery]`: what routers hear. */
export const discoverySettings = z.strictObject({
  heartbeat: durationMs().prefault('5s'),
  lease: durationMs().prefault('15s'),
  credential_lifetime: durationMs().prefault('720h'),
  // Lets nodes of an autoscaled fleet join this installation's own gateway, any number at any time (ADR 0010); '' = none do
  enrolment_key: secret()
    .prefault('')
    .refine(
      (key) => key.reveal() === '' || key.reveal().length >= ENROLMENT_KEY_LENGTH_MIN,
      `must have at least ${ENROLMENT_KEY_LENGTH_MIN} characters`,
    ),
});

/** `[controller.fleet]` */
export const fleetSettings = z.strictObject({
  /** Silence for longer, and a node that was ready counts as lost */
  lost_after: durationMs().prefault('60s'),
  /** From the boot of a node to ready */
  start_limit: durationMs().prefault('5m'),
  /** How long the routers of a migration's destination have to serve the environment */
  prepare_limit: durationMs().prefault('60s'),
  /** What install commands name: "host:port" of the discovery port as routers reach it; "" = localhost */
  discovery_address: z.string().default(''),
  router_image: z.string().default('tidegate/router'),
  /** Ed25519, PEM or base64 of its SPKI: who signs releases of the router runtime; "" = nobody, none can be published */
  runtime_key: z.string().default('').refine(isRuntimeKey, 'must be an Ed25519 public key: PEM, or base64 of its SPKI'),
  /** Lets users say in which week of its window a release is taken */
  release_schedule_enabled: z.boolean().default(false),
});

function isRuntimeKey(text: string): boolean {
  if (text === '') return true;
  try {
    runtimeKey(text);
    return true;
  } catch {
    return false;
  }
}
