import { Module } from '@nestjs/common';

import { Authentication } from './authentication.ts';
import { SessionController } from './session.controller.ts';
import { Sessions } from './sessions.ts';

@Module({ controllers: [SessionController], providers: [Authentication, Sessions], exports: [Authentication] })
export class AuthModule {}
