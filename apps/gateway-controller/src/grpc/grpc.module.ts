import { Module } from '@nestjs/common';

import { GrpcServer } from './grpc-server.ts';

@Module({ providers: [GrpcServer], exports: [GrpcServer] })
export class GrpcModule {}
