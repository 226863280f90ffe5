import type { FastifyError } from 'fastify'
import { makeErrorHandler, openAiError } from '../plugin/toolkit.js'
import {
  FST_SSE_ITEM_NOT_FOUND,
  FST_SSE_MODEL_NOT_FOUND,
  FST_SSE_PREVIOUS_RESPONSE_NOT_FOUND,
  FST_SSE_RESPONSE_NOT_FOUND
} from './errors.js'

/** The codes and types that OpenAI's API has for an error. */
function wordsFor(error: FastifyError): object {
  if (error instanceof FST_SSE_MODEL_NOT_FOUND) return { code: 'model_not_found' }
  if (error instanceof FST_SSE_PREVIOUS_RESPONSE_NOT_FOUND) {
    return { code: 'previous_response_not_found', param: 'previous_response_id' }
  }
  if (error instanceof FST_SSE_RESPONSE_NOT_FOUND) return { type: 'invalid_request_error', code: null }
  if (error instanceof FST_SSE_ITEM_NOT_FOUND) return { type: 'invalid_request_error', code: null, param: 'input' }
  return {}
}

/** Answers with an error as all of OpenAI's APIs do. */
export const openAiErrorHandler = makeErrorHandler((data, error: FastifyError & { param?: string | null }) => {
  const { param = null } = error
  return { error: { ...openAiError(data), param, ...wordsFor(error) } }
})
