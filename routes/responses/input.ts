import { lengthOf } from '../contract/check.js'
import { Fields, given } from '../contract/fields.js'
import { allowedOf, readFormat, readSystemText, tooLong, withOwn } from '../contract/readers.js'
import type { RequestOptions } from '../contract/request.js'
import type { Limits } from '../limits.js'
import { type Entry, readItem } from './items.js'
import type { PlacedEntry } from './stored/conversation.js'
import { readToolChoice, readTools } from './tools.js'

/** What a client asks for, apart from earlier responses. */
export interface ResponsesRequest {
  readonly options: RequestOptions & { model: string }
  /** The body as it came, whose parameters the client gets back. */
  readonly body: Readonly<Record<string, unknown>>
  /** The items of the input as they came. */
  readonly items: readonly unknown[]
  readonly entries: readonly PlacedEntry[]
  readonly instructions: string | undefined
  readonly previousId: string | undefined
  readonly stream: boolean
  readonly background: boolean
  /** Whether the response is kept, so that it can be asked for and continued. */
  readonly store: boolean
}

/**
 * Reads the body of a request for a response. It takes what it does not know, and passes it on as `extra`.
 *
 * @throws FST_SSE_INPUT_INVALID that names the wrong parameter as OpenAI does
 */
export function readResponsesRequest(value: unknown, limits: Limits): ResponsesRequest {
  const body = new Fields(value, '', 'application/json: an object with model and input')
  const model = body.required('model', body.string('model') || undefined, 'the id of a model')
  const previousId = body.string('previous_response_id')
  if (body.has('conversation')) {
    throw body.invalid('conversation', 'is not supported: send previous_response_id, or the whole input')
  }
  const instructions = readInstructions(body)
  const isText = typeof body.any('input') === 'string'
  const items = readInput(body, previousId !== undefined, limits)
  const store = body.boolean('store') ?? true
  const background = body.boolean('background') ?? false
  if (background && !store) throw body.invalid('background', 'is allowed only with store: true')
  return {
    options: readOptions(body, model),
    body: value as Record<string, unknown>,
    items,
    entries: items.map((item, index) => readPlaced(item, isText ? 'input' : `input[${index}]`, limits)),
    instructions,
    previousId,
    stream: body.boolean('stream') ?? false,
    background,
    store
  }
}

function readInstructions(body: Fields): string | undefined {
  if (!body.has('instructions')) return undefined
  return readSystemText(body, 'instructions', part => part.string('text')).text || undefined
}

/** Reads an item, and checks its length. */
export function readPlaced(item: unknown, path: string, limits: Limits): PlacedEntry {
  const entry = readItem(item, path)
  if (lengthOfEntry(entry) <= limits.maxTextLength) return { entry, path }
  throw tooLong(path, limits)
}

function readInput(body: Fields, hasPrevious: boolean, { maxMessages }: Limits): unknown[] {
  const what = `a string, or a list of 1 to ${maxMessages} items`
  const input = body.any('input')
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }]
  if (input === undefined && hasPrevious) return []
  const list = body.required('input', body.list('input', what), what)
  if ((list.length < 1 && !hasPrevious) || list.length > maxMessages) throw body.invalid('input', `takes ${what}`)
  return list
}

function lengthOfEntry(entry: Entry): number {
  switch (entry.role) {
    case 'answer':
      return lengthOf({ content: entry.parts })
    case 'reference':
    case 'foreign':
      return 0
    default:
      return lengthOf(entry)
  }
}

function readOptions(body: Fields, model: string): ResponsesRequest['options'] {
  const { tools, foreign } = readTools(body)
  const choice = readToolChoice(body)
  const text = body.fields('text')
  const reasoning = body.fields('reasoning')
  body.drop('stream', 'store', 'background')
  return given({
    model,
    tools: allowedOf(tools, choice.allowed),
    toolChoice: choice.toolChoice,
    parallelToolCalls: body.boolean('parallel_tool_calls'),
    responseFormat: readFormat(text?.fields('format'), format => format),
    temperature: body.number('temperature'),
    topP: body.number('top_p'),
    presencePenalty: body.number('presence_penalty'),
    frequencyPenalty: body.number('frequency_penalty'),
    maxTokens: body.integer('max_output_tokens', 1),
    reasoningEffort: reasoning?.string('effort'),
    user: body.string('user'),
    metadata: body.object('metadata'),
    extra: withOwn(body.extra(), {
      tools: foreign.length === 0 ? undefined : foreign,
      tool_choice: choice.foreign,
      text: text?.extra(),
      reasoning: reasoning?.extra()
    })
  })
}
