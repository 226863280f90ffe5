/** Fails if a line of source code has more than 120 columns. Biome wraps code, but neither comments nor strings. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'

const COLUMNS = 120
const SOURCE = new Set(['.ts', '.mjs', '.go', '.html', '.css'])
const SKIPPED = new Set(['node_modules', 'dist'])

const long = sourceFiles().flatMap(file =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line, i) => ({ place: `${file}:${i + 1}`, columns: [...line].length }))
    .filter(({ columns }) => columns > COLUMNS)
)
for (const { place, columns } of long) console.error(`${place} has ${columns} columns; at most ${COLUMNS} are allowed`)
process.exitCode = long.length > 0 ? 1 : 0

function sourceFiles() {
  const top = readdirSync('.').filter(name => !SKIPPED.has(name))
  const folders = top.filter(name => !name.startsWith('.') && statSync(name).isDirectory())
  const nested = folders.flatMap(folder => readdirSync(folder, { recursive: true }).map(file => join(folder, file)))
  return [...top, ...nested].filter(file => SOURCE.has(extname(file))).sort()
}
