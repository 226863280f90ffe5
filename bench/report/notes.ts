import { existsSync, readFileSync } from 'node:fs'

/** What people have found out about figures, in `bench/notes`: a file for each scenario, and one about upstream. */
export function noteOn(subject: string): string | undefined {
  const file = `bench/notes/${subject}.md`
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}
