// The arrows of ARCHITECTURE.md, "Tree", as rules. Parsed with swc: TypeScript 7 has no compiler API.
const VOCABULARY = 'rest-api|policy-sdk|gateway-ir|backoff|process';
const LEAVES = 'policies|management-api|gateway-events|sync-link';
const CORES = 'route-compiler|route-table|http1';
const TESTS = '[.](store[.]|property[.])?test[.]ts$';

/** @returns a rule that names what `from` must not reach, directly */
const never = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const library = (names) => `^libs/(${names})/`;
/** a library's public door; what lies behind it is reachable through it only */
const entry = (names) => `^libs/(${names})/src/index[.]ts$`;
const npm = (...names) => `node_modules/(${names.join('|')})(/|$)`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    never(
      'no-cycles',
      'A cycle has no top to start reading at.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    never(
      'no-orphans',
      'Nothing imports this file.',
      { orphan: true, pathNot: `${TESTS}|^tools/|^test/|^bench/|[.]d[.]ts$|src/main[.]ts$` },
      {},
    ),
    never('not-resolvable', 'The import leads nowhere.', {}, { couldNotResolve: true }),
    never('apps-apart', 'Apps never import each other.', { path: '^apps/([^/]+)/' }, { path: '^apps/', pathNot: '^apps/$1/' }),
    never(
      'nothing-imports-the-bystanders',
      'testkit, test, bench and tools may import anything; only tests import testkit.',
      { path: '^(apps|libs)/', pathNot: `${TESTS}|^libs/testkit/|/testing/|[.]fixture[.]ts$` },
      { path: '^(libs/testkit|test|bench|tools)/' },
    ),
    never(
      'vocabulary-imports-nothing-of-ours',
      'The lowest layer.',
      { path: library(VOCABULARY), pathNot: TESTS },
      { path: '^(libs|apps)/', pathNot: '^libs/$1/' },
    ),
    never(
      'leaves-import-vocabulary',
      'Leaves know only the vocabulary.',
      { path: library(LEAVES), pathNot: TESTS },
      { path: '^(libs|apps)/', pathNot: `^libs/($1|${VOCABULARY})/` },
    ),
    never(
      'cores-import-vocabulary',
      'Cores take definitions and runtimes as arguments.',
      { path: library(CORES), pathNot: TESTS },
      { path: '^(libs|apps)/', pathNot: `^libs/($1|${VOCABULARY})/` },
    ),
    never('libraries-import-no-app', 'Arrows point down.', { path: '^libs/' }, { path: '^apps/' }),
    never(
      'router-must-not-see',
      'The router has never heard of a RestApi, of Nest or of a database.',
      { path: '^apps/router/', pathNot: `${TESTS}|/testing/` },
      { path: [entry('rest-api|route-compiler|management-api|sync-link'), npm('@nestjs', 'typeorm', 'pg')], reachable: true },
    ),
    never(
      'apim-sync-must-not-see',
      'apim-sync is a stateless worker of the sync seam.',
      { path: '^apps/apim-sync/', pathNot: TESTS },
      { path: [entry('gateway-ir|route-compiler|route-table'), npm('@nestjs', 'typeorm', 'pg')], reachable: true },
    ),
    never(
      'controller-runs-no-policies',
      'How a request runs is the router’s business.',
      { path: '^apps/gateway-controller/', pathNot: TESTS },
      { path: '^libs/policies/src/(runtimes[.]ts|.+/runtime[.]ts)$', reachable: true },
    ),
    never(
      'console-sees-the-contract-only',
      'A thin client of the management API.',
      { path: '^apps/console/' },
      { path: '^libs/', pathNot: '^libs/(management-api|rest-api)/|^libs/policies/src/(definitions[.]ts|.+/definition[.]ts)$' },
    ),
    never(
      'nest-in-one-app',
      'NestJS appears in the controller and in no library.',
      { pathNot: '^apps/gateway-controller/|^test/' },
      { path: npm('@nestjs') },
    ),
    never(
      'pure-libraries-do-no-io',
      'Compiler, tables, documents and seam do no I/O (invariant 2).',
      {
        path: library(`rest-api|policy-sdk|gateway-ir|backoff|policies|management-api|gateway-events|${CORES}`),
        pathNot: `${TESTS}|/generated/`,
      },
      { dependencyTypes: ['core'], path: '^(node:)?(fs|net|http|https|http2|tls|dgram|dns|child_process|worker_threads)(/|$)' },
    ),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/generated/|/testdata/|^dist/|^examples/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js'],
    },
    reporterOptions: {
      mermaid: { minify: false },
      archi: { collapsePattern: '^(apps|libs)/[^/]+|node_modules/(@[^/]+/)?[^/]+' },
    },
  },
};
