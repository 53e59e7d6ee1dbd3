import { Controller, Get } from '@nestjs/common';

/** Open to anyone on the management port; the admin port's `/ready` is the one that asks the database. */
@Controller(['health', 'api/management/v1/health'])
export class HealthController {
  @Get()
  health() {
    return { status: 'healthy', timestamp: new Date().toISOString() };
  }
}
