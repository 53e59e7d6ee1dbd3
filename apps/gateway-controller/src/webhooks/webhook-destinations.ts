import { Inject, Injectable } from '@nestjs/common';

import type { ControllerConfig } from '../config.ts';
import { CONFIG } from '../settings.module.ts';
import type { Destination } from './post-webhook.ts';

/** null = it is not there any more: what was owed to it is dropped. */
export type Resolve = (name: string) => Promise<Destination | null>;

/** Who may be told things. Rows name a destination; its URL and secret are looked up when something is sent, and are stored nowhere else. */
@Injectable()
export class WebhookDestinations {
  readonly #endpoints: ControllerConfig['controller']['webhooks']['endpoints'];
  readonly #sources = new Map<string, Resolve>();

  constructor(@Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>) {
    this.#endpoints = controller.webhooks.endpoints;
    this.add('config', (name) => Promise.resolve(this.#configured(name)));
  }

  /** Destinations `<source>:<name>` are looked up by `resolve(name)`. */
  add(source: string, resolve: Resolve): void {
    this.#sources.set(source, resolve);
  }

  /** The configured endpoints that want to hear of an event of this type. */
  wanting(type: string): readonly string[] {
    const wants = (pattern: string): boolean => pattern === '*' || pattern === type || type.startsWith(`${pattern}.`);
    return this.#endpoints.filter(({ events }) => events.some(wants)).map(({ name }) => `config:${name}`);
  }

  /** @throws when the source cannot be asked now */
  async find(destination: string): Promise<Destination | null> {
    const colon = destination.indexOf(':');
    const resolve = this.#sources.get(destination.slice(0, colon));
    return resolve === undefined ? null : resolve(destination.slice(colon + 1));
  }

  #configured(name: string): Destination | null {
    const endpoint = this.#endpoints.find((each) => each.name === name);
    if (endpoint === undefined) return null;
    return { url: endpoint.url, secret: endpoint.secret, allowPrivate: endpoint.allow_private };
  }
}
