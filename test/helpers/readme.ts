import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')

/** The programs in the README, as they stand there. */
export const snippets = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code as string)
