/**
 * The part of a path (without the context) that an operation path matched: all of it, or for a subtree ("/files/*") what stands
 * before the star. Parameters match whole segments here, as many as the template has.
 */
export function operationPrefix(path: string, operationPath: string): string {
  if (!operationPath.endsWith('/*')) return path;
  const segments = operationPath.slice(0, -2).split('/').length - 1;
  const parts = path.split('/');
  return parts.slice(0, segments + 1).join('/');
}
