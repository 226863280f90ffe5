import { Type } from '@sinclair/typebox'
import { compileValidator, FST_SSE_OPTION_INVALID } from '../plugin/toolkit.js'

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

const checkLimits = compileValidator(
  Type.Object({ maxTextLength: limit(), maxMessages: limit(), maxBodyBytes: limit() }, { description: 'an object' })
)

/** @throws FST_SSE_OPTION_INVALID */
export function inputLimits(options: InputLimits): Limits {
  const { maxTextLength = 100_000, maxMessages = 1000, maxBodyBytes = 4 * 1024 * 1024 } = options
  const limits = { maxTextLength, maxMessages, maxBodyBytes }
  const problem = checkLimits(limits)
  if (problem !== undefined) throw new FST_SSE_OPTION_INVALID(problem.where, problem.what)
  return limits
}
