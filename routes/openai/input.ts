import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { compileValidator, type Problem } from '../../plugin/toolkit.js'
import { FST_SSE_INPUT_INVALID } from '../errors.js'
import type { Message } from '../generate.js'
import { MAX_MESSAGES, MAX_TEXT } from '../limits.js'
import type { InputCheck } from '../route-settings.js'

/** Unlike a message of `/stream`, one of OpenAI's API may be empty. */
const Text = Type.String({ maxLength: MAX_TEXT })

const TextPart = Type.Object({ type: Type.Literal('text'), text: Text }, { additionalProperties: false })

const PART = `{ type: "text", text }, a string of up to ${MAX_TEXT} characters`

const ChatMessage = Type.Object(
  {
    role: Type.Union(
      [Type.Literal('developer'), Type.Literal('system'), Type.Literal('user'), Type.Literal('assistant')],
      { description: '"developer", "system", "user" or "assistant"' }
    ),
    content: Type.Union([Text, Type.Array(TextPart)], {
      description: `a string of up to ${MAX_TEXT} characters, or a list of text parts`
    }),
    name: Type.Optional(Type.String({ description: 'a string' }))
  },
  { additionalProperties: false, description: 'an object with role and content' }
)

type ChatMessage = Static<typeof ChatMessage>

/** A parameter that `generate` does not get. It is taken only with OpenAI's default, which asks for nothing. */
function onlyDefault(value: string | number | boolean) {
  const description = `${JSON.stringify(value)} or null: nothing else is supported`
  return Type.Optional(Type.Union([Type.Literal(value), Type.Null()], { description }))
}

/** A parameter that does not change the answer. */
function label<T extends TSchema>(schema: T) {
  return Type.Optional(Type.Union([schema, Type.Null()], { description: `${schema.description} or null` }))
}

const stringLabel = () => label(Type.String({ description: 'a string' }))
const flag = () => label(Type.Boolean({ description: 'true, false' }))

/** The body of a request for a chat completion: the parameters of OpenAI's API that are supported. */
export const ChatInput = Type.Object(
  {
    model: Type.String({ description: 'the id of a model' }),
    messages: Type.Array(ChatMessage, {
      minItems: 1,
      maxItems: MAX_MESSAGES,
      description: `a list of 1 to ${MAX_MESSAGES} messages`
    }),
    stream: flag(),
    stream_options: label(
      Type.Object(
        { include_usage: flag(), include_obfuscation: onlyDefault(false) },
        { additionalProperties: false, description: 'an object with include_usage' }
      )
    ),
    n: onlyDefault(1),
    temperature: onlyDefault(1),
    top_p: onlyDefault(1),
    presence_penalty: onlyDefault(0),
    frequency_penalty: onlyDefault(0),
    logprobs: onlyDefault(false),
    store: onlyDefault(false),
    user: stringLabel(),
    safety_identifier: stringLabel(),
    prompt_cache_key: stringLabel(),
    metadata: label(Type.Record(Type.String(), Type.String(), { description: 'an object whose values are strings' }))
  },
  { additionalProperties: false, description: 'application/json: an object with model and messages' }
)

export type ChatInput = Static<typeof ChatInput>

/** The conversation for `generate`. `developer` is OpenAI's newer word for `system`. */
export function messagesOf(messages: readonly ChatMessage[]): Message[] {
  return messages.map(({ role, content }) => ({
    role: role === 'developer' ? 'system' : role,
    content: typeof content === 'string' ? content : content.map(({ text }) => text).join('')
  }))
}

const findProblem = compileValidator(ChatInput)
const checkPart = compileValidator(TextPart)

/** Checks the body as it was sent, and names the wrong parameter as OpenAI does. */
export const checkChatInput: InputCheck = input => {
  const problem = wrongPart(input) ?? findProblem(input) ?? streamOptionsAlone(input as ChatInput)
  if (problem === undefined) return undefined
  const { where, what } = problem
  const param = where === '' ? null : where.replace(/\/(\d+)/g, '[$1]').replaceAll('/', '.')
  return Object.assign(new FST_SSE_INPUT_INVALID(param ?? 'body', what), { param })
}

/** The first part of a message that is not supported. The schema would name only the message's content. */
function wrongPart(input: unknown): Problem | undefined {
  const { messages } = (input ?? {}) as { messages?: unknown }
  if (!Array.isArray(messages)) return undefined
  for (const [index, message] of messages.entries()) {
    const content: unknown = message?.content
    if (!Array.isArray(content)) continue
    const wrong = content.findIndex(part => checkPart(part) !== undefined)
    if (wrong >= 0) {
      return { where: `messages/${index}/content/${wrong}`, what: `takes ${PART}: no other part is supported` }
    }
  }
  return undefined
}

function streamOptionsAlone({ stream, stream_options: options }: ChatInput): Problem | undefined {
  if (!options || stream) return undefined
  return { where: 'stream_options', what: 'is allowed only with stream: true' }
}
