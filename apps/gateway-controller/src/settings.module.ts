import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Registry } from 'prom-client';

import type { ControllerConfig } from './config.ts';

/** What every module may ask for: the frozen configuration, the one logger, the one metrics registry. */
export const CONFIG = Symbol('CONFIG');
export const LOGGER = Symbol('LOGGER');
export const METRICS = Symbol('METRICS');

@Module({})
export class SettingsModule {
  static with(settings: {
    readonly config: ControllerConfig;
    readonly logger: Logger;
    readonly registry: Registry;
  }): DynamicModule {
    return {
      module: SettingsModule,
      global: true,
      providers: [
        { provide: CONFIG, useValue: settings.config },
        { provide: LOGGER, useValue: settings.logger },
        { provide: METRICS, useValue: settings.registry },
      ],
      exports: [CONFIG, LOGGER, METRICS],
    };
  }
}
