import { pageOf } from '../../helpers/markdown.js'
import type { Checks } from '../check.js'
import { namesWhatIsThere } from './commands.js'

/** The bench writes this page itself, and has nothing but commands in it. */
export const benchmarks: Checks = Object.fromEntries(
  pageOf('docs/benchmarks.md').snippets.map(({ name }) => [name, namesWhatIsThere])
)
