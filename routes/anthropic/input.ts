import { lengthOf } from '../contract/check.js'
import { Fields, given } from '../contract/fields.js'
import type { Message } from '../contract/message.js'
import { readMessageList, tooLong, withOwn } from '../contract/readers.js'
import type { GenerateRequest } from '../contract/request.js'
import type { ResponseFormat, Tool, ToolChoice } from '../contract/tool.js'
import { FST_SSE_NO_THREADS } from '../errors.js'
import type { Limits } from '../limits.js'
import { readMessage, readSystem } from './messages.js'

/** What a client asks for: a request to `generate`, and the form of the answer. */
export interface MessageRequest {
  readonly asked: GenerateRequest & { model: string }
  readonly stream: boolean
  /** Where the client has put the content of each message. */
  readonly origins: readonly string[]
}

/** How much the model may think, by the most tokens that it may think with. */
const EFFORTS = [
  [4096, 'low'],
  [16_384, 'medium'],
  [Number.POSITIVE_INFINITY, 'high']
] as const

/**
 * Reads the body of a request for a message. It takes what it does not know, and passes it on as `extra`.
 *
 * @throws FST_SSE_INPUT_INVALID that names the wrong parameter as Anthropic does, FST_SSE_NO_THREADS
 */
export function readMessageRequest(value: unknown, limits: Limits): MessageRequest {
  const body = new Fields(value, '', 'application/json: an object with model and messages')
  if (body.has('thread')) throw new FST_SSE_NO_THREADS()
  const model = body.required('model', body.string('model') || undefined, 'the id of a model')
  const read = readMessages(body, limits)
  const stream = body.boolean('stream') ?? false
  const { tools, others } = readTools(body)
  const { toolChoice, parallelToolCalls } = readToolChoice(body)
  const { effort, responseFormat, output } = readOutput(body)
  const { user, metadata } = readMetadata(body)
  const thinking = readThinking(body)
  const asked = given({
    api: 'messages' as const,
    model,
    messages: read.map(({ message }) => message),
    tools,
    toolChoice,
    parallelToolCalls,
    responseFormat,
    temperature: body.number('temperature'),
    topP: body.number('top_p'),
    maxTokens: body.integer('max_tokens', 1),
    stop: readStop(body),
    reasoningEffort: effort ?? thinking.effort,
    user,
    metadata,
    extra: withOwn(body.extra(), { thinking: thinking.option, output_config: output, tools: others })
  })
  return { asked, stream, origins: read.map(({ origin }) => origin) }
}

/** A message, and where the client has put its content. */
interface Read {
  readonly message: Message
  readonly origin: string
}

function readMessages(body: Fields, limits: Limits): Read[] {
  const list = readMessageList(body, limits)
  const system = body.has('system') ? [{ message: readSystem(body, 'system'), origin: 'system' }] : []
  const read = list.flatMap((value, index) =>
    readMessage(value, `messages.${index}`).map(message => ({ message, origin: `messages.${index}.content` }))
  )
  return [...system, ...read].map(({ message, origin }) => {
    if (lengthOf(message) <= limits.maxTextLength) return { message, origin }
    throw tooLong(origin, limits, 'blocks')
  })
}

/** Tools of the client have no type, or the type `custom`. Those that run at Anthropic's servers are passed on. */
function readTools(body: Fields): { tools?: Tool[]; others?: unknown[] } {
  const tools: Tool[] = []
  const others: unknown[] = []
  for (const [index, value] of (body.list('tools') ?? []).entries()) {
    const tool = new Fields(value, `tools.${index}`)
    if ((tool.string('type') ?? 'custom') === 'custom') tools.push(readTool(tool))
    else others.push(value)
  }
  return { ...(tools.length > 0 && { tools }), ...(others.length > 0 && { others }) }
}

function readTool(tool: Fields): Tool {
  return given({
    name: tool.required('name', tool.string('name') || undefined, 'a string that is not empty'),
    description: tool.string('description'),
    parameters: tool.object('input_schema', 'a JSON schema'),
    strict: tool.boolean('strict'),
    extra: tool.extra()
  })
}

function readToolChoice(body: Fields): {
  toolChoice?: ToolChoice | undefined
  parallelToolCalls?: boolean | undefined
} {
  const choice = body.fields('tool_choice')
  if (choice === undefined) return {}
  const isSingle = choice.boolean('disable_parallel_tool_use')
  return { toolChoice: toolChoiceOf(choice), parallelToolCalls: isSingle === undefined ? undefined : !isSingle }
}

function toolChoiceOf(choice: Fields): ToolChoice {
  switch (choice.any('type')) {
    case 'auto':
      return 'auto'
    case 'any':
      return 'required'
    case 'none':
      return 'none'
    case 'tool':
      return { tool: choice.required('name', choice.string('name') || undefined, 'the name of a tool') }
    default:
      throw choice.invalid('type', 'takes "auto", "any", "tool" or "none"')
  }
}

function readStop(body: Fields): string[] | undefined {
  const stop = body.list('stop_sequences', 'a list of strings')
  if (stop === undefined || stop.length === 0) return undefined
  if (stop.every(word => typeof word === 'string')) return stop
  throw body.invalid('stop_sequences', 'takes a list of strings')
}

/** What it says beyond how much to think is for Anthropic's models, so `generate` gets it as it is too. */
function readThinking(body: Fields): { effort?: string | undefined; option?: Record<string, unknown> | undefined } {
  const option = body.object('thinking', 'an object with a type')
  if (option === undefined) return {}
  const budget = new Fields(option, 'thinking').integer('budget_tokens', 0)
  return { option, effort: budget === undefined ? undefined : EFFORTS.find(([most]) => budget <= most)?.[1] }
}

/** `output_format` is the older place of the format. */
function readOutput(body: Fields): {
  effort?: string | undefined
  responseFormat?: ResponseFormat | undefined
  output?: Record<string, unknown> | undefined
} {
  const older = body.fields('output_format')
  const config = body.fields('output_config')
  const format = config?.fields('format') ?? older
  return {
    effort: config?.string('effort'),
    responseFormat: format && responseFormatOf(format),
    output: config?.extra()
  }
}

function responseFormatOf(format: Fields): ResponseFormat {
  if (format.any('type') !== 'json_schema') throw format.invalid('type', 'takes "json_schema"')
  return { type: 'json', schema: format.required('schema', format.object('schema'), 'a JSON schema') }
}

function readMetadata(body: Fields): { user?: string | undefined; metadata?: Record<string, unknown> | undefined } {
  const metadata = body.fields('metadata')
  if (metadata === undefined) return {}
  return { user: metadata.string('user_id'), metadata: metadata.extra() }
}
