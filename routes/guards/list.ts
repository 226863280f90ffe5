import { FST_SSE_OPTION_INVALID } from '../../plugin/toolkit.js'

/**
 * Checks an option that is a list of texts.
 *
 * @param what what the texts are, in the plural
 * @throws FST_SSE_OPTION_INVALID, without the value
 */
export function checkList(option: string, list: readonly string[], form: RegExp, what: string): void {
  const isRight = Array.isArray(list) && list.every(each => typeof each === 'string' && form.test(each))
  if (!isRight) throw new FST_SSE_OPTION_INVALID(option, `takes a list of ${what}`)
}
