import { Module } from '@nestjs/common';

import type { ControllerConfig } from '../config.ts';
import { CONFIG } from '../settings.module.ts';
import { KeyRing } from './key-ring.ts';
import { TemplateSource } from './template-source.ts';

/** Secrets at rest, and what documents make of them. */
@Module({
  providers: [
    {
      provide: KeyRing,
      inject: [CONFIG],
      useFactory: ({ controller }: ControllerConfig) => new KeyRing(controller.encryption.providers),
    },
    TemplateSource,
  ],
  exports: [KeyRing, TemplateSource],
})
export class SealingModule {}
