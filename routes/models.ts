import { FST_SSE_OPTION_INVALID } from '../plugin/toolkit.js'

/** @throws FST_SSE_OPTION_INVALID unless the option `models` is a list of at least one id */
export function checkModels(models: unknown): void {
  const isList = Array.isArray(models) && models.length > 0 && models.every(id => typeof id === 'string' && id !== '')
  if (!isList) throw new FST_SSE_OPTION_INVALID('models', 'takes a list of at least one id')
}
