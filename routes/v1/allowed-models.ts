import { FST_SSE_OPTION_INVALID } from '../../plugin/toolkit.js'
import { FST_SSE_MODEL_NOT_FOUND } from '../errors.js'

/** @throws FST_SSE_OPTION_INVALID unless the option `models` is a list of at least one id */
export function checkModels(models: unknown): void {
  const isList = Array.isArray(models) && models.length > 0 && models.every(id => typeof id === 'string' && id !== '')
  if (!isList) throw new FST_SSE_OPTION_INVALID('models', 'takes a list of at least one id')
}

/**
 * Checks the model that a client asks for.
 *
 * @param models those that it may ask for; `undefined` for any
 * @throws FST_SSE_MODEL_NOT_FOUND
 */
export function checkModel(models: readonly string[] | undefined, id: string): void {
  if (models !== undefined && !models.includes(id)) throw new FST_SSE_MODEL_NOT_FOUND()
}
