import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { type ExplainAnswer, type ExplainQuestion, explainQuestion } from '@tidegate/management-api';

import { bodyOf } from '../http/body.ts';
import { ExplainService } from './explain.service.ts';

@Controller(['explain', 'api/management/v1/explain'])
export class ExplainController {
  readonly #explain: ExplainService;

  constructor(@Inject(ExplainService) explain: ExplainService) {
    this.#explain = explain;
  }

  @Post()
  @HttpCode(200)
  explain(@Body(bodyOf(explainQuestion)) question: ExplainQuestion): Promise<ExplainAnswer> {
    return this.#explain.explain(question);
  }
}
