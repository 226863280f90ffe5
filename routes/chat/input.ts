import { optionNames, readAddedOptions, readNamedTools } from '../contract/added-options.js'
import { lengthOf } from '../contract/check.js'
import { Fields } from '../contract/fields.js'
import type { Message } from '../contract/message.js'
import { readMessageList, tooLong } from '../contract/readers.js'
import type { GenerateRequest, RequestOptions } from '../contract/request.js'
import type { Limits } from '../limits.js'
import { readUiMessage } from './messages.js'

/** What a page asks for. */
export interface ChatRequest {
  readonly asked: GenerateRequest
  /** The id of the chat. */
  readonly chat: string
  /** Whether the answer goes on with the last message of the chat, as after the call of a tool. */
  readonly isContinued: boolean
  /** Where the client has put each message. */
  readonly origins: readonly string[]
}

/**
 * Reads the body that `useChat` sends. The options of the contract may stand beside its own fields, as a page can add
 * them (`body` of its transport); what else it adds is passed on as `extra`, and refused for no value that it has.
 *
 * @throws FST_SSE_INPUT_INVALID that names the wrong field
 */
export function readChat(value: unknown, limits: Limits): ChatRequest {
  const body = new Fields(value, '', 'application/json: an object with id and messages')
  const chat = body.required('id', body.string('id') || undefined, 'a string that is not empty')
  const read = readMessages(body, limits)
  body.drop('trigger', 'messageId')
  const { extra, ...options } = readOptions(body)
  const all = { ...extra, ...body.extra() }
  const asked = {
    api: 'ai-sdk' as const,
    messages: read.map(({ message }) => message),
    ...options,
    ...(Object.keys(all).length > 0 && { extra: all })
  }
  const role = new Fields(body.list('messages')?.at(-1), '').any('role')
  return { asked, chat, isContinued: role === 'assistant', origins: read.map(({ origin }) => origin) }
}

function readMessages(body: Fields, limits: Limits): { message: Message; origin: string }[] {
  const list = readMessageList(body, limits)
  return list.flatMap((value, index) => {
    const origin = `messages[${index}].parts`
    return readUiMessage(value, `messages[${index}]`).map(message => {
      if (lengthOf(message) <= limits.maxTextLength) return { message, origin }
      throw tooLong(origin, limits)
    })
  })
}

/** An `extra` of the page is the place where the rest goes too. */
function readOptions(body: Fields): RequestOptions {
  const tools = readNamedTools(body)
  const options = readAddedOptions(body, [...optionNames, 'extra'])
  return tools === undefined || tools.length === 0 ? options : { ...options, tools }
}
