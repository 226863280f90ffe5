import type { StreamFinish } from '../plugin/index.js'
import { FST_SSE_OPTION_INVALID } from '../plugin/toolkit.js'
import type { GenerateRequest } from './generate.js'

type OnFinish = (finish: StreamFinish) => void | Promise<void>

/** How an answer ended: see `StreamFinish`. */
export interface AnswerFinish extends StreamFinish {
  /** What was asked: the conversation, and what else `generate` was given. */
  readonly asked: GenerateRequest
}

/** What happens when an answer has ended. */
export interface FinishOptions {
  /**
   * Called once for each answer, when it has ended for whatever reason, also if no client is there any more. See the
   * `onFinish` of the plugin, which it replaces. Default: that of the plugin.
   *
   * @example
   * ```ts
   * onFinish: ({ asked, text, usage, outcome }) => db.save({ messages: asked.messages, text, usage, outcome })
   * ```
   */
  onFinish?: ((finish: AnswerFinish) => void | Promise<void>) | undefined
}

/** The `onFinish` of one answer, for `reply.sseFrom` or `sendWhole`. */
export function withAsked(onFinish: FinishOptions['onFinish'], asked: GenerateRequest): { onFinish?: OnFinish } {
  if (onFinish === undefined) return {}
  return { onFinish: finish => onFinish(Object.assign(finish, { asked })) }
}

/** @throws FST_SSE_OPTION_INVALID */
export function checkOnFinish(onFinish: unknown): void {
  if (onFinish !== undefined && typeof onFinish !== 'function') {
    throw new FST_SSE_OPTION_INVALID('onFinish', 'takes a function')
  }
}
