import { NO_MATCH, problemAt } from './data-check.js'

/**
 * Says what is wrong with data. The message of the library is left out, because it may show the data, or a part of it
 * in other words.
 *
 * @param issue what `validate` has found, in whatever form its library gives it
 */
export function problemOf(issue: unknown, data: unknown): string {
  try {
    const { path } = Object(issue) as { path?: unknown }
    // Some libraries have a class of their own for paths, whose `map` gives more steps.
    const keys = Array.isArray(path) ? [...path].map(keyOf) : []
    const value = keys.reduce<unknown>((inner, key) => Object(inner)[key], data)
    return problemAt(NO_MATCH, keys.map(key => `/${String(key)}`).join(''), value)
  } catch {
    // A step that is no key, or a getter that throws.
    return problemAt(NO_MATCH, '', data)
  }
}

function keyOf(step: unknown): PropertyKey {
  return (typeof step === 'object' && step !== null ? (step as { key: PropertyKey }).key : step) as PropertyKey
}
