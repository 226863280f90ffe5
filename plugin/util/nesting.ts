/** The most levels of objects and lists that input may have. Code that walks it may call itself once for each level. */
export const MAX_LEVELS = 200

/** Whether a value that was JSON has more levels of objects and lists than allowed: `[]` has one, `[{}]` has two. */
export function isNestedDeeper(value: unknown, levels = MAX_LEVELS): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value)
  return inner.some(each => isNestedDeeper(each, levels - 1))
}
