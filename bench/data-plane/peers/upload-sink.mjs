// node upload-sink.mjs PORT: an upstream that answers an upload when it has it all. nginx answers at once, which wrk does not stand.
import { createServer } from 'node:http';

const [port] = process.argv.slice(2);
createServer((request, response) => {
  request.resume().once('end', () => response.end('{}'));
}).listen(Number(port), '127.0.0.1');
