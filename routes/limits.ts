import { Type } from '@sinclair/typebox'
import { checkNames, compileValidator, FST_SSE_OPTION_INVALID, REGISTER_OPTIONS } from '../plugin/toolkit.js'

/** How much input a ready route takes. */
export interface InputLimits {
  /** The longest text of one message or prompt, all of its parts together. Characters. Default: 100000. */
  maxTextLength?: number | undefined
  /** The most messages of one conversation. Default: 1000. */
  maxMessages?: number | undefined
  /**
   * The largest body that is read at all. A smaller body with a text that is too long gets an error that names the
   * field. Bytes. Default: 4194304.
   */
  maxBodyBytes?: number | undefined
}

/** The limits of a route, with their defaults filled in. */
export type Limits = { readonly [Name in keyof InputLimits]-?: NonNullable<InputLimits[Name]> }

const limit = () =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'a positive whole number' }))

const LIMITS = ['maxTextLength', 'maxMessages', 'maxBodyBytes']

const checkLimits = compileValidator(
  Type.Object({ maxTextLength: limit(), maxMessages: limit(), maxBodyBytes: limit() }, { description: 'an object' })
)

/**
 * The limits among the options of a route.
 *
 * @param options those that the route does not read itself
 * @param own the names of those that it does, for the error of one that is unknown
 * @throws FST_SSE_OPTION_INVALID
 */
export function inputLimits(options: InputLimits, own: readonly string[]): Limits {
  checkNames(options, [...own, ...LIMITS, ...REGISTER_OPTIONS])
  const { maxTextLength = 100_000, maxMessages = 1000, maxBodyBytes = 4 * 1024 * 1024 } = options
  const limits = { maxTextLength, maxMessages, maxBodyBytes }
  const problem = checkLimits(limits)
  if (problem !== undefined) throw new FST_SSE_OPTION_INVALID(problem.where, problem.what)
  return limits
}
