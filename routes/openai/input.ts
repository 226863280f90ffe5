import { lengthOf } from '../contract/check.js'
import { Fields, given } from '../contract/fields.js'
import { readFormat, readMessageList, tooLong, withOwn } from '../contract/readers.js'
import type { GenerateRequest } from '../contract/request.js'
import type { Limits } from '../limits.js'
import { longestFieldOf } from './longest-field.js'
import { readMessage } from './messages.js'
import { readToolOptions } from './tools.js'

/** What a client asks for: a request to `generate`, and the form of the answer. */
export interface ChatRequest {
  readonly asked: GenerateRequest & { model: string }
  readonly stream: boolean
  readonly includeUsage: boolean
}

/**
 * Reads the body of a request for a chat completion. It takes what it does not know, and passes it on as `extra`.
 *
 * @throws FST_SSE_INPUT_INVALID that names the wrong parameter as OpenAI does
 */
export function readChatRequest(value: unknown, limits: Limits): ChatRequest {
  const body = new Fields(value, '', 'application/json: an object with model and messages')
  const model = body.required('model', body.string('model') || undefined, 'the id of a model')
  const messages = readMessages(body, limits)
  if ((body.integer('n') ?? 1) !== 1) throw body.invalid('n', 'takes 1: one answer for each request')
  const stream = body.boolean('stream') ?? false
  const streamOptions = body.fields('stream_options')
  if (streamOptions !== undefined && !stream) throw body.invalid('stream_options', 'is allowed only with stream: true')
  const includeUsage = streamOptions?.boolean('include_usage') ?? false
  const { tools, toolChoice, foreign } = readToolOptions(body)
  const asked = given({
    api: 'chat-completions' as const,
    model,
    messages,
    tools,
    toolChoice,
    parallelToolCalls: body.boolean('parallel_tool_calls'),
    responseFormat: readFormat(body.fields('response_format'), schemaOf),
    temperature: body.number('temperature'),
    topP: body.number('top_p'),
    maxTokens: readMaxTokens(body),
    stop: readStop(body),
    seed: body.integer('seed'),
    presencePenalty: body.number('presence_penalty'),
    frequencyPenalty: body.number('frequency_penalty'),
    reasoningEffort: body.string('reasoning_effort'),
    user: body.string('user'),
    metadata: body.object('metadata'),
    extra: withOwn(body.extra(), { tool_choice: foreign })
  })
  return { asked, stream, includeUsage }
}

function readMessages(body: Fields, limits: Limits): GenerateRequest['messages'] {
  return readMessageList(body, limits).map((value, index) => {
    const message = readMessage(value, `messages[${index}]`)
    if (lengthOf(message) <= limits.maxTextLength) return message
    const field = longestFieldOf(message, new Fields(value, ''))
    throw tooLong(`messages[${index}].${field}`, limits)
  })
}

/** `max_tokens` is the older word. */
function readMaxTokens(body: Fields): number | undefined {
  const older = body.integer('max_tokens', 1)
  return body.integer('max_completion_tokens', 1) ?? older
}

function readStop(body: Fields): string[] | undefined {
  const stop = body.any('stop')
  if (stop === undefined) return undefined
  const list = typeof stop === 'string' ? [stop] : stop
  const isList = Array.isArray(list) && list.every(word => typeof word === 'string')
  if (!isList) throw body.invalid('stop', 'takes a string, or a list of strings')
  return list.length === 0 ? undefined : list
}

function schemaOf(format: Fields): Fields {
  return format.required('json_schema', format.fields('json_schema'), 'an object with a schema')
}
