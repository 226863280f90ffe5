import { lengthOf } from '../contract/check.js'
import { Fields, given } from '../contract/fields.js'
import { isToolMode, readFormat, readFunction, readMessageList } from '../contract/readers.js'
import type { GenerateRequest } from '../contract/request.js'
import type { Tool, ToolChoice } from '../contract/tool.js'
import type { Limits } from '../limits.js'
import { readMessage } from './messages.js'

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
  const model = body.required('model', body.string('model'), 'the id of a model')
  const messages = readMessages(body, limits)
  if ((body.integer('n') ?? 1) !== 1) throw body.invalid('n', 'takes 1: one answer for each request')
  const stream = body.boolean('stream') ?? false
  const streamOptions = body.fields('stream_options')
  if (streamOptions !== undefined && !stream) throw body.invalid('stream_options', 'is allowed only with stream: true')
  const includeUsage = streamOptions?.boolean('include_usage') ?? false
  const asked = given({
    api: 'chat-completions' as const,
    model,
    messages,
    tools: readTools(body),
    toolChoice: readToolChoice(body),
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
    extra: body.extra()
  })
  return { asked, stream, includeUsage }
}

function readMessages(body: Fields, limits: Limits): GenerateRequest['messages'] {
  return readMessageList(body, limits).map((value, index) => {
    const message = readMessage(value, `messages[${index}]`)
    if (lengthOf(message) <= limits.maxTextLength) return message
    throw body.invalid(
      `messages[${index}].content`,
      `takes up to ${limits.maxTextLength} characters, all parts together`
    )
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

/** `functions` is the older word. */
function readTools(body: Fields): Tool[] | undefined {
  const tools = (body.list('tools') ?? []).map((value, index) => {
    const tool = new Fields(value, `tools[${index}]`)
    if ((tool.any('type') ?? 'function') !== 'function') {
      throw tool.invalid('type', 'takes "function": no other tool is supported')
    }
    return readFunction(tool.required('function', tool.fields('function'), 'an object with a name'), tool.extra())
  })
  const older = (body.list('functions') ?? []).map((value, index) =>
    readFunction(new Fields(value, `functions[${index}]`))
  )
  const all = [...tools, ...older]
  return all.length === 0 ? undefined : all
}

/** `function_call` is the older word. */
function readToolChoice(body: Fields): ToolChoice | undefined {
  const older = body.any('function_call')
  const choice = body.any('tool_choice') ?? older
  const name = body.has('tool_choice') ? 'tool_choice' : 'function_call'
  if (choice === undefined || isToolMode(choice)) return choice
  const what = '"auto", "none", "required", or an object with a function'
  const chosen = new Fields(choice, name, what)
  const called = name === 'tool_choice' ? chosen.required('function', chosen.fields('function', what), what) : chosen
  return { tool: called.required('name', called.string('name') || undefined, 'the name of a tool') }
}

function schemaOf(format: Fields): Fields {
  return format.required('json_schema', format.fields('json_schema'), 'an object with a schema')
}
