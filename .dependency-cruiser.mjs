/**
 * Who may import whom. `npm run lint` checks it; test/lint/imports.test.ts proves that every rule works.
 */

/**
 * The rooms of `plugin/`. Each may import itself and the rooms before it; the files beside them may import all.
 */
const rooms = ['util', 'observe', 'sse', 'schema', 'source', 'framing', 'stores', 'response', 'resume']

/** Every room may throw the plugin's errors. */
const errors = '^plugin/errors\\.ts$'

/** What the plugin lets routes and sources import; `browser.ts` is for what pages share with them. */
const pluginForRoutes = '^plugin/(index|toolkit|browser)\\.ts$'

/** @returns the paths of the code in some of the folders at the top level */
const code = (...folders) => `^(${folders.join('|')})/`

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const forbidden = [
  ...rooms.map((room, i) => {
    const allowed = rooms.slice(0, i + 1)
    return {
      name: `${room}-imports-upward`,
      comment: `plugin/${room} may import of the plugin: ${allowed.join(', ')} and errors.ts.`,
      from: { path: `^plugin/${room}/` },
      to: { path: code('plugin'), pathNot: [`^plugin/(${allowed.join('|')})/`, errors] }
    }
  }),
  {
    name: 'room-without-a-place',
    comment: 'A new room of the plugin needs a place in the order of the rooms, which .dependency-cruiser.mjs lists.',
    from: { path: '^plugin/[^/]+/', pathNot: `^plugin/(${rooms.join('|')})/` },
    to: {}
  },
  {
    name: 'errors-import-plugin',
    comment: 'Every room imports plugin/errors.ts, so it may import none of them.',
    from: { path: errors },
    to: { path: code('plugin') }
  },
  {
    name: 'plugin-imports-its-users',
    comment: 'The plugin knows nothing of what is built on it.',
    from: { path: code('plugin') },
    to: { path: code('routes', 'sources', 'client', 'testing', 'otel', 'examples', 'bench', 'test', 'scripts') }
  },
  {
    name: 'routes-import-deep',
    comment: 'Of the plugin, routes may import index.ts, browser.ts and toolkit.ts. Else, add to the toolkit.',
    from: { path: code('routes') },
    to: {
      path: code('plugin', 'sources', 'client', 'testing', 'otel', 'examples', 'bench', 'test', 'scripts'),
      pathNot: pluginForRoutes
    }
  },
  {
    name: 'sources-import-deep',
    comment: 'Sources may import index.ts, browser.ts and toolkit.ts of the plugin, and types from routes/generate.ts.',
    from: { path: code('sources') },
    to: {
      path: code('plugin', 'routes', 'client', 'testing', 'otel', 'examples', 'bench', 'test', 'scripts'),
      pathNot: [pluginForRoutes, '^routes/generate\\.ts$']
    }
  },
  {
    name: 'sources-run-routes',
    comment: 'Sources take types from routes/generate.ts, and no values.',
    from: { path: code('sources') },
    to: { path: '^routes/generate\\.ts$', dependencyTypesNot: ['type-only'] }
  },
  {
    name: 'client-imports-deep',
    comment: 'The client runs in browsers. Of the rest, it may import plugin/schema.',
    from: { path: code('client') },
    to: {
      path: code('plugin', 'routes', 'sources', 'testing', 'otel', 'examples', 'bench', 'test', 'scripts'),
      pathNot: '^plugin/schema/'
    }
  },
  {
    name: 'testing-imports-deep',
    comment: 'Testing helpers use what users have, and the parts of the client that read a response.',
    from: { path: code('testing') },
    to: {
      path: code('plugin', 'routes', 'sources', 'otel', 'examples', 'bench', 'test', 'scripts'),
      pathNot: ['^plugin/index\\.ts$', '^routes/index\\.ts$']
    }
  },
  {
    name: 'otel-imports-deep',
    comment: 'Telemetry sees of the plugin what everybody sees.',
    from: { path: code('otel') },
    to: {
      path: code('plugin', 'routes', 'sources', 'client', 'testing', 'examples', 'bench', 'test', 'scripts'),
      pathNot: ['^plugin/index\\.ts$']
    }
  },
  {
    name: 'server-is-imported',
    comment: 'The server is a program, not a library. Only its tests import it.',
    from: { pathNot: code('server', 'test') },
    to: { path: code('server') }
  },
  {
    name: 'circle',
    comment: 'No files import each other, not even types.',
    from: {},
    to: { circular: true }
  },
  {
    name: 'not-found',
    comment: 'The other rules cannot judge an import that leads nowhere. Examples import the package by its name.',
    from: {},
    to: { couldNotResolve: true, pathNot: '^fastify-sse-from(/|$)' }
  }
]

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: forbidden.map(rule => ({ ...rule, severity: 'error' })),
  options: {
    // Counts imports of types too.
    tsPreCompilationDeps: true,
    doNotFollow: { path: '^node_modules/' },
    exclude: { path: '^(dist|\\.tap)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] }
  }
}
