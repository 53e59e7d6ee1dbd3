import { createServer } from 'node:net';

import { broken, doubtful, type Finding, fine, reasonOf } from './finding.ts';

/** Whether the app could listen there. A port that is taken is fine when the app runs already, which nobody can tell from outside. */
export async function examinePort(setting: string, host: string, port: number): Promise<Finding> {
  const subject = `${setting} (${host}:${port})`;
  if (port === 0) return fine(subject, 'any free port is taken at start');
  const error = await listenOnce(host, port);
  if (error === null) return fine(subject, 'free');
  if (error.code === 'EADDRINUSE')
    return doubtful(subject, 'somebody listens there', `fine when this app runs already; otherwise set another ${setting}`);
  if (error.code === 'EACCES')
    return broken(subject, 'this user may not listen there', `set ${setting} to 1024 or above, or grant CAP_NET_BIND_SERVICE`);
  return broken(subject, reasonOf(error), `is the host an address of this machine? Set the host beside ${setting}`);
}

function listenOnce(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
