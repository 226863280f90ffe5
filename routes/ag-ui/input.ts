import type { AgUiRun } from '../../plugin/toolkit.js'
import { optionNames, readAddedOptions } from '../contract/added-options.js'
import { lengthOf } from '../contract/check.js'
import { Fields, given } from '../contract/fields.js'
import type { Message } from '../contract/message.js'
import { readMessageList, tooLong } from '../contract/readers.js'
import type { GenerateRequest, RequestOptions } from '../contract/request.js'
import type { Tool } from '../contract/tool.js'
import type { Limits } from '../limits.js'
import type { ReadMessage } from './answer.js'
import { readMessages } from './messages.js'

/** What a client asks for: a request to `generate`, and the run that answers it. */
export interface RunRequest {
  readonly asked: GenerateRequest
  readonly run: AgUiRun
  /** Where the client has put each message. */
  readonly origins: readonly string[]
}

const ID = 'a string that is not empty'

/** The options that an application may send in `forwardedProps`. Tools have a place of their own. */
const forwardedNames = optionNames.filter(name => name !== 'tools')

/**
 * Reads the input of a run (`RunAgentInput`). What the contract does not have, such as `state`, is passed on as
 * `extra`.
 *
 * @throws FST_SSE_INPUT_INVALID that names the wrong field
 */
export function readRun(value: unknown, limits: Limits): RunRequest {
  const body = new Fields(value, '', 'application/json: an object with threadId, runId and messages')
  const run = { threadId: readId(body, 'threadId'), runId: readId(body, 'runId') }
  const messages = readMessages(readMessageList(body, limits))
  if (messages.length === 0) throw body.invalid('messages', 'takes a message for the model')
  const read = withContext(messages, body)
  for (const { message, origin } of read) {
    if (lengthOf(message) <= limits.maxTextLength) continue
    throw tooLong(origin, limits)
  }
  const tools = readTools(body)
  const { options, forwardedProps } = readForwarded(body.any('forwardedProps'))
  body.drop('protocolVersion')
  const asked = {
    api: 'ag-ui' as const,
    messages: read.map(({ message }) => message),
    ...(tools.length > 0 && { tools }),
    ...options,
    extra: { ...run, ...body.extra(), ...given({ forwardedProps }) }
  }
  return { asked, run, origins: read.map(({ origin }) => origin) }
}

function readId(body: Fields, name: string): string {
  return body.required(name, body.string(name) || undefined, ID)
}

/**
 * Tells the model what the application wants it to know, after the instructions that it has. The list itself is in the
 * `extra` of the message.
 */
function withContext(read: readonly ReadMessage[], body: Fields): ReadMessage[] {
  const list = body.list('context') ?? []
  if (list.length === 0) return [...read]
  const lines = list.map((value, index) => {
    const item = new Fields(value, `context[${index}]`, 'an object with description and value')
    const text = item.required('value', item.string('value'), 'a string')
    return `${item.required('description', item.string('description'), 'a string')}: ${text}`
  })
  const content = ['Context:', ...lines].join('\n')
  const message: Message = { role: 'system', content, extra: { context: list } }
  const index = read.findIndex(({ message }) => message.role !== 'system')
  const at = index < 0 ? read.length : index
  return [...read.slice(0, at), { message, origin: 'context' }, ...read.slice(at)]
}

function readTools(body: Fields): Tool[] {
  return (body.list('tools') ?? []).map((value, index) => {
    const tool = new Fields(value, `tools[${index}]`)
    return given({
      name: tool.required('name', tool.string('name') || undefined, ID),
      description: tool.string('description'),
      parameters: tool.object('parameters', 'a JSON schema'),
      extra: tool.extra()
    })
  })
}

/**
 * Its fields are the application's own. Those that the contract has too, with a value that it takes, are options; the
 * others are left.
 */
function readForwarded(value: unknown): { options: RequestOptions; forwardedProps?: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { options: {}, forwardedProps: value }
  const props = new Fields(value, 'forwardedProps')
  return { options: readAddedOptions(props, forwardedNames), forwardedProps: props.extra() }
}
