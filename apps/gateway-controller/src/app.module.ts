import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import type { Logger, Tracing } from '@tidegate/process';
import type { Registry } from 'prom-client';

import { ApiKeysModule } from './api-keys/api-keys.module.ts';
import { ApimLinkModule } from './apim-link/apim-link.module.ts';
import { AuthModule } from './auth/auth.module.ts';
import { AuditInterceptor } from './audit/audit-interceptor.ts';
import { AuditModule } from './audit/audit.module.ts';
import { CertificatesModule } from './certificates/certificates.module.ts';
import { ChangeLogModule } from './change-log/change-log.module.ts';
import type { ControllerConfig } from './config.ts';
import { ControlPlaneModule } from './control-plane/control-plane.module.ts';
import { DatabaseModule } from './database/database.module.ts';
import { DiscoveryModule } from './discovery/discovery.module.ts';
import { DocumentationController } from './documentation/documentation.controller.ts';
import { EnvironmentsModule } from './environments/environments.module.ts';
import { ExplainModule } from './explain/explain.module.ts';
import { FleetModule } from './gateways/fleet.module.ts';
import { GatewaySettingsModule } from './gateway-settings/gateway-settings.module.ts';
import { EventsModule } from './events/events.module.ts';
import { GatewaysModule } from './gateways/gateways.module.ts';
import { GrpcModule } from './grpc/grpc.module.ts';
import { GrpcHealth } from './health/grpc-health.ts';
import { ErrorFilter } from './http/error-filter.ts';
import { StateMetrics } from './health/state-metrics.ts';
import { HealthController } from './http/health.controller.ts';
import { IdempotencyInterceptor } from './http/idempotency-interceptor.ts';
import { IdempotentRequests } from './http/idempotent-requests.ts';
import { NotificationsModule } from './notifications/notifications.module.ts';
import { OperationsModule } from './operations/operations.module.ts';
import { PoliciesController } from './policies/policies.controller.ts';
import { RestApisModule } from './rest-apis/rest-apis.module.ts';
import { RevisionsModule } from './revisions/revisions.module.ts';
import { SecretsModule } from './secrets/secrets.module.ts';
import { RuntimesModule } from './runtimes/runtimes.module.ts';
import { SettingsModule } from './settings.module.ts';
import { SubscriptionsModule } from './subscriptions/subscriptions.module.ts';
import { SyncModule } from './sync/sync.module.ts';
import { VerifyModule } from './verify/verify.module.ts';
import { TrafficModule } from './traffic/traffic.module.ts';
import { WebhooksModule } from './webhooks/webhooks.module.ts';

export interface AppOptions {
  readonly config: ControllerConfig;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Absent or `null` = spans go nowhere */
  readonly tracing?: Tracing | null;
}

@Module({})
export class AppModule {
  static with(options: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SettingsModule.with(options),
        DatabaseModule,
        AuthModule,
        ChangeLogModule,
        GatewaysModule,
        GrpcModule,
        DiscoveryModule,
        ApimLinkModule,
        RestApisModule,
        ApiKeysModule,
        SubscriptionsModule,
        CertificatesModule,
        SecretsModule,
        SyncModule,
        FleetModule,
        OperationsModule,
        RuntimesModule,
        NotificationsModule,
        GatewaySettingsModule,
        EnvironmentsModule,
        RevisionsModule,
        AuditModule,
        EventsModule,
        ExplainModule,
        ControlPlaneModule,
        VerifyModule,
        TrafficModule,
        WebhooksModule,
      ],
      controllers: [DocumentationController, HealthController, PoliciesController],
      providers: [
        StateMetrics,
        GrpcHealth,
        IdempotentRequests,
        { provide: APP_FILTER, useClass: ErrorFilter },
        // Outermost: what is answered from memory was asked for all the same.
        { provide: APP_INTERCEPTOR, useClass: AuditInterceptor },
        { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
      ],
    };
  }
}
