// node fast-gateway.mjs PORT UPSTREAM, with the packages of the folder it is copied to
import gateway from 'fast-gateway';

const [port, upstream] = process.argv.slice(2);
const service = gateway({ routes: [{ prefix: '', prefixRewrite: '', target: `http://127.0.0.1:${upstream}` }] });
await service.start(Number(port), '127.0.0.1');
