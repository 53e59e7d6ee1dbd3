// node http-proxy.mjs PORT UPSTREAM, with the packages of the folder it is copied to
import { randomUUID } from 'node:crypto';
import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';

const [port, upstream] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${upstream}`, agent, xfwd: true });
proxy.on('error', (_error, _request, response) => response.destroy());
createServer((request, response) => {
  request.headers['x-request-id'] ??= randomUUID();
  proxy.web(request, response);
}).listen(Number(port), '127.0.0.1');
