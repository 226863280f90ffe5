import type { Snippet } from '../helpers/markdown.js'
import type { Checks } from './check.js'
import { authentication } from './checks/authentication.js'
import { benchmarks } from './checks/benchmarks.js'
import { client } from './checks/client.js'
import { contributing } from './checks/contributing.js'
import { deployment } from './checks/deployment.js'
import { errors } from './checks/errors.js'
import { options } from './checks/options.js'
import { protocols } from './checks/protocols.js'
import { readme } from './checks/readme.js'
import { resuming } from './checks/resuming.js'
import { routes } from './checks/routes.js'
import { scaling } from './checks/scaling.js'
import { sdks } from './checks/sdks.js'
import { telemetry } from './checks/telemetry.js'
import { testing } from './checks/testing.js'
import { typedEvents } from './checks/typed-events.js'

/** The checks of all pages. Programs that are files in `examples/` have tests of their own instead. */
export const checks: Readonly<Record<string, Checks>> = {
  'README.md': readme,
  'CONTRIBUTING.md': contributing,
  'docs/authentication.md': authentication,
  'docs/benchmarks.md': benchmarks,
  'docs/client.md': client,
  'docs/deployment.md': deployment,
  'docs/errors.md': errors,
  'docs/options.md': options,
  'docs/protocols.md': protocols,
  'docs/resuming.md': resuming,
  'docs/routes.md': routes,
  'docs/scaling.md': scaling,
  'docs/sdks.md': sdks,
  'docs/telemetry.md': telemetry,
  'docs/testing.md': testing,
  'docs/typed-events.md': typedEvents
}

/** Languages of blocks that are programs, and of those that only show something. */
const PROGRAMS = ['ts', 'tsx', 'js', 'sh']
const OTHERS = ['text', 'json', 'http', 'html', 'nginx']

/**
 * What is wrong with a page: a block of code that no test runs, or a check of a snippet that is not there.
 *
 * @param snippets of the page
 * @param checked the names of those that a check runs
 * @param isExample whether a snippet is a file in `examples/` that a test of its own runs
 */
export function complaints(
  snippets: readonly Snippet[],
  checked: readonly string[],
  isExample: (snippet: Snippet) => boolean
): string[] {
  const names = snippets.map(({ name }) => name)
  return [
    ...snippets.flatMap(snippet => complaint(snippet, checked, isExample)),
    ...checked.filter(name => !names.includes(name)).map(name => `there is no snippet "${name}" to check`)
  ]
}

function complaint(snippet: Snippet, checked: readonly string[], isExample: (snippet: Snippet) => boolean): string[] {
  const { name, language } = snippet
  if (OTHERS.includes(language)) return []
  if (!PROGRAMS.includes(language)) return [`"${name}" is in an unknown language: "${language}"`]
  return checked.includes(name) || isExample(snippet) ? [] : [`no test runs "${name}"`]
}
