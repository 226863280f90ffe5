import { lengthOf } from '../contract/check.js'
import { Fields, given } from '../contract/fields.js'
import type { GenerateRequest } from '../contract/request.js'
import type { ResponseFormat, Tool, ToolChoice } from '../contract/tool.js'
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
    responseFormat: readResponseFormat(body),
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

function readMessages(body: Fields, { maxMessages, maxTextLength }: Limits): GenerateRequest['messages'] {
  const what = `a list of 1 to ${maxMessages} messages`
  const list = body.required('messages', body.list('messages', what), what)
  if (list.length < 1 || list.length > maxMessages) throw body.invalid('messages', `takes ${what}`)
  return list.map((value, index) => {
    const message = readMessage(value, `messages[${index}]`)
    if (lengthOf(message) <= maxTextLength) return message
    throw body.invalid(`messages[${index}].content`, `takes up to ${maxTextLength} characters, all parts together`)
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
    readFunction(new Fields(value, `functions[${index}]`), undefined)
  )
  const all = [...tools, ...older]
  return all.length === 0 ? undefined : all
}

function readFunction(called: Fields, extra: Record<string, unknown> | undefined): Tool {
  return given({
    name: called.required('name', called.string('name') || undefined, 'a string that is not empty'),
    description: called.string('description'),
    parameters: called.object('parameters', 'a JSON schema'),
    strict: called.boolean('strict'),
    extra: extra ?? called.extra()
  })
}

/** `function_call` is the older word. */
function readToolChoice(body: Fields): ToolChoice | undefined {
  const older = body.any('function_call')
  const choice = body.any('tool_choice') ?? older
  const name = body.has('tool_choice') ? 'tool_choice' : 'function_call'
  if (choice === undefined || choice === 'auto' || choice === 'none' || choice === 'required') return choice
  const what = '"auto", "none", "required", or an object with a function'
  const chosen = new Fields(choice, name, what)
  const called = name === 'tool_choice' ? chosen.required('function', chosen.fields('function', what), what) : chosen
  return { tool: called.required('name', called.string('name') || undefined, 'the name of a tool') }
}

function readResponseFormat(body: Fields): ResponseFormat | undefined {
  const format = body.fields('response_format')
  if (format === undefined) return undefined
  switch (format.any('type')) {
    case undefined:
    case 'text':
      return undefined
    case 'json_object':
      return { type: 'json' }
    case 'json_schema': {
      const fields = format.required('json_schema', format.fields('json_schema'), 'an object with a schema')
      return given({
        type: 'json' as const,
        schema: fields.object('schema', 'a JSON schema'),
        name: fields.string('name'),
        description: fields.string('description'),
        strict: fields.boolean('strict')
      })
    }
    default:
      throw body.invalid('response_format.type', 'takes "text", "json_object" or "json_schema"')
  }
}
