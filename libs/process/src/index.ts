export {
  type AdminServer,
  type AdminServerOptions,
  type AdminAnswer,
  type AdminRoute,
  startAdminServer,
} from './admin-server.ts';
export { ConfigError } from './config/config-error.ts';
export { deniedNetworks } from './denied-networks.ts';
export { networkList } from './network-list.ts';
export { durationMs } from './config/duration.ts';
export { type EffectiveValue, effectiveConfig, effectiveConfigAsked, effectiveConfigText } from './config/effective-config.ts';
export { loadConfig, type LoadConfigOptions } from './config/load-config.ts';
export { logSettings, redisSettings } from './config/settings.ts';
export { createLogger, type Logger, type LoggerOptions } from './logger.ts';
export { isLoopback } from './loopback.ts';
export { Secret, secret } from './secret.ts';
export { type EndProcess, onShutdown } from './shutdown.ts';
export { type FinishedSpan, openTracing, type Tracing } from './tracing/open-tracing.ts';
export { randomHex } from './tracing/random-hex.ts';
export { tracingSettings } from './tracing/settings.ts';
export { type Trace, traceOf } from './tracing/trace-context.ts';
export { examineCertificate, validity } from './doctor/examine-certificate.ts';
export { examineClock } from './doctor/examine-clock.ts';
export { examinePeer } from './doctor/examine-peer.ts';
export { examinePort } from './doctor/examine-port.ts';
export { examineRedis } from './doctor/examine-redis.ts';
export { broken, doubtful, type Finding, fine, reasonOf } from './doctor/finding.ts';
export { doctorAsked, findingsText } from './doctor/run-doctor.ts';
export { watchCertificates, type WatchedCertificates } from './tls/watch-certificates.ts';
