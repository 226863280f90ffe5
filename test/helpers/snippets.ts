import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesIn, pages, root } from './markdown.js'

/** The programs in `examples/`, by their text. */
export const examples: ReadonlyMap<string, string> = new Map(
  ['.ts', '.tsx']
    .flatMap(ending => filesIn('examples', ending))
    .map(file => [readFileSync(join(root, file), 'utf8'), file])
)

/** All blocks of code of the documentation. */
export const snippets = pages.flatMap(page => page.snippets)

/** The programs that stand nowhere but in the documentation. */
export const programs = snippets.filter(({ language, code }) => language === 'ts' && !examples.has(code))
