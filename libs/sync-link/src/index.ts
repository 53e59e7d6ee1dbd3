export * from './generated/tidegate/sync/v1/sync.ts';
export { controlplaneSettings, type ControlplaneSettings } from './controlplane-settings.ts';
