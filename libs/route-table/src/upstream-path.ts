/**
 * Path of the request upstream = base path + path without the context (data-plane reference §1.9). `basePath` is "" or "/base";
 * `path` is canonical and begins with `context`.
 *
 * The operation "/" always asks for "base/", whether the client wrote the slash or not; a subtree asks for what the client wrote.
 */
export function upstreamPath(path: string, route: { context: string; operationPath: string }, basePath: string): string {
  const rest = path.slice(route.context.length);
  if (rest !== '') return basePath + rest;
  return route.operationPath === '/' || basePath === '' ? `${basePath}/` : basePath;
}
