/**
 * Writes dist/cjs: what `require` gives of 'fastify-sse-from' and all that is beside it.
 *
 * Its code only hands on the ES modules, so that a process never has two copies of the plugin. Its declarations are a
 * copy, since TypeBox declares its types once for `import` and once for `require`, and the two do not fit each other.
 */
import { cpSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import ts from 'typescript'

/** Those that are a plugin. */
const entries = ['plugin', 'routes']
/** Those that are not, and where they are. */
const modules = {
  redis: 'plugin/stores/redis/redis-store.js',
  conformance: 'plugin/stores/conformance/conformance.js',
  client: 'client/index.js'
}

mkdirSync('dist/cjs')
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n')
for (const folder of [...entries, 'client']) {
  cpSync(`dist/${folder}`, `dist/cjs/${folder}`, {
    recursive: true,
    filter: file => statSync(file).isDirectory() || file.endsWith('.d.ts')
  })
}
for (const entry of entries) {
  writeFileSync(`dist/cjs/${entry}.js`, code(entry))
  writeFileSync(`dist/cjs/${entry}.d.ts`, declarations(entry))
}
for (const [name, file] of Object.entries(modules)) {
  writeFileSync(`dist/cjs/${name}.js`, `'use strict'\nmodule.exports = require('../${file}')\n`)
  writeFileSync(`dist/cjs/${name}.d.ts`, `export * from './${file}'\n`)
}

/** As with every Fastify plugin, the module is the plugin, and what else it exports are its properties. */
function code(entry) {
  return `'use strict'
const { default: plugin, ...others } = require('../${entry}/index.js')
module.exports = Object.assign(plugin, others, { default: plugin })
`
}

function declarations(entry) {
  const names = exportsOf(`dist/${entry}/index.d.ts`)
  const others = names.filter(name => name !== 'default').join(', ')
  return `import main, { ${others} } from './${entry}/index.js'
declare function plugin(...args: Parameters<typeof main>): ReturnType<typeof main>
declare namespace plugin {
  export { main as default, ${others} }
}
export = plugin
`
}

function exportsOf(file) {
  const program = ts.createProgram([file], { module: ts.ModuleKind.NodeNext, noLib: true })
  const checker = program.getTypeChecker()
  return checker
    .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)))
    .map(({ name }) => name)
    .sort()
}
