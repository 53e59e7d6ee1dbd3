import { definePolicyRuntime, type Exchange, linearRegex } from '@tidegate/policy-sdk';

import { operationPrefix } from '../operation-prefix.ts';
import { requestRewrite, type RequestRewriteParams } from './definition.ts';
import { queryRewriter } from './rewrite-query.ts';

type Matcher = NonNullable<RequestRewriteParams['match']>['headers'][number];

export const requestRewriteRuntime = definePolicyRuntime<RequestRewriteParams>({
  definition: requestRewrite,
  build({ match, pathRewrite, queryRewrite, methodRewrite }) {
    const headers = (match?.headers ?? []).map((matcher) => ({ name: matcher.name.toLowerCase(), fits: valueTest(matcher) }));
    const parameters = (match?.queryParams ?? []).map((matcher) => ({ name: matcher.name, fits: valueTest(matcher) }));
    const newPath = pathRewrite === undefined ? null : pathRewriter(pathRewrite);
    const newQuery = queryRewrite === undefined ? null : queryRewriter(queryRewrite.rules);
    return {
      requestHeaders(exchange) {
        for (const { name, fits } of headers) if (!fits(exchange.requestHeader(name))) return undefined;
        for (const { name, fits } of parameters) if (!fits(exchange.queryParameter(name))) return undefined;
        const { upstream } = exchange;
        if (newPath !== null) upstream.path = newPath(exchange);
        if (newQuery !== null) upstream.query = newQuery(upstream.query);
        if (methodRewrite !== undefined) upstream.method = methodRewrite;
        return undefined;
      },
    };
  },
});

function valueTest({ type, value = '' }: Matcher): (actual: string | undefined) => boolean {
  if (type === 'Present') return (actual) => actual !== undefined;
  if (type === 'Exact') return (actual) => actual === value;
  const regex = linearRegex(value);
  return (actual) => actual !== undefined && regex.test(actual);
}

/** Works on the path behind the context, in its canonical spelling: nothing is decoded, so nothing can change its meaning. */
function pathRewriter(rewrite: NonNullable<RequestRewriteParams['pathRewrite']>): (exchange: Exchange) => string {
  if (rewrite.type === 'ReplaceFullPath') return () => rewrite.replaceFullPath;
  if (rewrite.type === 'ReplaceRegexMatch') {
    const { pattern, substitution } = rewrite.replaceRegexMatch;
    const regex = linearRegex(pattern);
    return ({ upstream }) => regex.replaceAll(upstream.path, substitution);
  }
  const prefix = rewrite.replacePrefixMatch.replace(/\/$/, '');
  return ({ upstream, route }) => {
    const rest = upstream.path.slice(operationPrefix(upstream.path, route.operationPath).length);
    return prefix + rest || '/';
  };
}
