import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, spawnTracked, waitFor } from '@tidegate/testkit';

/** A server that answers each request with `<method> <target> <length of its body>` and a line feed. */
export interface Backend {
  readonly name: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Node as lenient as it can be: it must come to the same conclusion all the same. */
export async function nodeBackend(): Promise<Backend> {
  const server: Server = createServer({ insecureHTTPParser: true }, (request, response) => {
    let length = 0;
    request.on('data', (chunk: Buffer) => (length += chunk.length));
    request.on('end', () => response.end(`${request.method} ${request.url} ${length}\n`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections()));
  return { name: 'node', port: (server.address() as AddressInfo).port, close };
}

/** nginx reads the body (`proxy_pass` to itself) before it says how long it was. */
export function nginxBackend(): Promise<Backend> {
  return programBackend('nginx', (port, folder) => ({
    config: `
      daemon off; master_process off; pid ${folder}/pid; error_log /dev/null;
      events { worker_connections 512; }
      http {
        access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
        uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; client_max_body_size 1m; keepalive_requests 100000;
        map $http_content_length $body_length { "" 0; default $http_content_length; }
        server {
          listen 127.0.0.1:${port};
          location / {
            proxy_pass http://unix:${folder}/inner;
            proxy_set_header X-Asked "$request_method $request_uri";
            proxy_method POST;
          }
        }
        server {
          listen unix:${folder}/inner;
          location / { return 200 "$http_x_asked $body_length\\n"; }
        }
      }`,
    command: (file) => ['-p', folder, '-c', file],
  }));
}

/** HAProxy answers by itself, after it has taken the whole request. */
export function haproxyBackend(): Promise<Backend> {
  return programBackend('haproxy', (port) => ({
    config: `
global
  maxconn 512
defaults
  mode http
  option http-buffer-request
  timeout client 10s
  timeout connect 5s
  timeout server 10s
frontend all
  bind 127.0.0.1:${port}
  http-request return status 200 content-type text/plain lf-string "%[method] %[pathq] %[req.body_size]\\n"
`,
    command: (file) => ['-db', '-f', file],
  }));
}

interface Program {
  readonly config: string;
  readonly command: (configFile: string) => readonly string[];
}

async function programBackend(name: string, about: (port: number, folder: string) => Program): Promise<Backend> {
  const folder = mkdtempSync(join(tmpdir(), `tidegate-${name}-`));
  const port = await freePort();
  const { config, command } = about(port, folder);
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, config);
  const child = await spawnTracked(name, command(file), { cwd: folder, env: { PATH: process.env['PATH'] ?? '' } });
  const answers = async (): Promise<boolean> => {
    if (!child.running()) throw new Error(`${name} ended:\n${child.logs()}`);
    return fetch(`http://127.0.0.1:${port}/`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  await waitFor(answers, { what: `${name} to answer`, timeoutMs: 20_000 });
  const close = async (): Promise<void> => {
    await child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };
  return { name, port, close };
}
