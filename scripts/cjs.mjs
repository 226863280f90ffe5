/**
 * Writes dist/cjs: what `require` gives for each entry point in the `exports` of package.json, and its declarations.
 *
 * The code only passes the ES modules on, so that a process never holds the plugin twice. The declarations are copies,
 * because TypeBox declares its types once for `import` and once for `require`, and the two are not compatible.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import ts from 'typescript'

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))

/** Each entry point: its ES module, its name in dist/cjs, and its declarations. */
const entries = Object.values(exports)
  .filter(entry => typeof entry === 'object')
  .map(entry => ({
    module: entry.import.default.replace('./dist/', ''),
    name: basename(entry.require.default, '.js'),
    types: entry.import.types
  }))

for (const { types } of entries) {
  if (!existsSync(types)) throw new Error(`package.json exports ${types}, which tsconfig.build.json does not build`)
}
const program = ts.createProgram(
  entries.map(({ types }) => types),
  { module: ts.ModuleKind.NodeNext, noLib: true }
)

mkdirSync('dist/cjs', { recursive: true })
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n')
for (const folder of new Set(entries.map(({ module }) => module.split('/')[0]))) {
  cpSync(`dist/${folder}`, `dist/cjs/${folder}`, {
    recursive: true,
    filter: file => statSync(file).isDirectory() || file.endsWith('.d.ts')
  })
}
for (const { module, name, types } of entries) {
  const names = exportsOf(types)
  const isPlugin = names.includes('default')
  writeFileSync(`dist/cjs/${name}.js`, isPlugin ? pluginCode(module) : code(module))
  writeFileSync(`dist/cjs/${name}.d.ts`, isPlugin ? pluginDeclarations(module, names) : declarations(module))
}

function code(module) {
  return `'use strict'\nmodule.exports = require('../${module}')\n`
}

function declarations(module) {
  return `export * from './${module}'\n`
}

/** As with every Fastify plugin, the module is the plugin itself, and its other exports are properties of it. */
function pluginCode(module) {
  return `'use strict'
const { default: plugin, ...others } = require('../${module}')
module.exports = Object.assign(plugin, others, { default: plugin })
`
}

function pluginDeclarations(module, names) {
  const others = names.filter(name => name !== 'default').join(', ')
  return `import main, { ${others} } from './${module}'
declare function plugin(...args: Parameters<typeof main>): ReturnType<typeof main>
declare namespace plugin {
  export { main as default, ${others} }
}
export = plugin
`
}

/** The names that a module exports, types included. */
function exportsOf(file) {
  const checker = program.getTypeChecker()
  return checker
    .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(resolve(file))))
    .map(({ name }) => name)
    .sort()
}
