import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../helpers/markdown.js'

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** What npm does without a script. */
const OWN = ['ci', 'install', 'pack', 'publish', 'version']

/** What a command names that is not there: a script, a program, a file, a scenario of the bench. */
export function missing(command: string): string[] {
  const words = command.split(' ').filter(word => !/^[A-Z_]+=/.test(word))
  const [program = '', first = '', second = ''] = words
  const absent = words.filter(word => /^[\w./-]+\.(m?ts|mjs|md)$/.test(word) && !existsSync(join(root, word)))
  if (program === 'npm') {
    const script = first === 'run' ? second : first
    if (!(script in scripts || (first !== 'run' && OWN.includes(first)))) absent.push(`npm run ${script}`)
    if (script === 'bench') absent.push(...unknownScenarios(words))
  } else if (program === 'npx') {
    if (!existsSync(join(root, 'node_modules/.bin', first))) absent.push(first)
  } else if (program !== 'node') {
    absent.push(program)
  }
  return absent
}

function unknownScenarios(words: readonly string[]): string[] {
  const rest = words.slice(3)
  const options = rest.findIndex(word => word.startsWith('--'))
  const names = options < 0 ? rest : rest.slice(0, options)
  return names.filter(name => !existsSync(join(root, `bench/scenarios/${name}.ts`)))
}
