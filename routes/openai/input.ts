import { type Static, type TSchema, Type } from '@sinclair/typebox'
import type { FastifySchemaCompiler } from 'fastify'
import { compileValidator, type Problem } from '../../plugin/util/validate.js'
import { FST_SSE_INPUT_INVALID } from '../errors.js'
import { MAX_MESSAGES, MAX_TEXT, type Message, type StreamInput } from '../stream/input.js'

const Text = Type.String({ maxLength: MAX_TEXT })

const TextPart = Type.Object({ type: Type.Literal('text'), text: Text }, { additionalProperties: false })

const PART = `{ type: "text", text }, a text of up to ${MAX_TEXT} characters`

const ChatMessage = Type.Object(
  {
    role: Type.Union(
      ['developer', 'system', 'user', 'assistant'].map(role => Type.Literal(role)),
      { description: '"developer", "system", "user" or "assistant"' }
    ),
    content: Type.Union([Text, Type.Array(TextPart)], {
      description: `a text of up to ${MAX_TEXT} characters, or a list of text parts`
    }),
    name: Type.Optional(Type.String({ description: 'a text' }))
  },
  { additionalProperties: false, description: 'an object with role and content' }
)

/** What `generate` is not told of is taken only where it asks for nothing: where it has OpenAI's default. */
function onlyDefault(value: string | number | boolean) {
  const description = `${JSON.stringify(value)} or null: nothing else is supported`
  return Type.Optional(Type.Union([Type.Literal(value), Type.Null()], { description }))
}

/** What changes nothing about the answer. */
function label<T extends TSchema>(schema: T) {
  return Type.Optional(Type.Union([schema, Type.Null()], { description: `${schema.description} or null` }))
}

const aText = () => label(Type.String({ description: 'a text' }))
const aBoolean = (rest = '') => label(Type.Boolean({ description: `true, false${rest}` }))

/** The body of a request for a chat completion, as far as it is supported. */
export const ChatInput = Type.Object(
  {
    model: Type.String({ description: 'the id of a model' }),
    messages: Type.Array(ChatMessage, {
      minItems: 1,
      maxItems: MAX_MESSAGES,
      description: `a list of 1 to ${MAX_MESSAGES} messages`
    }),
    stream: aBoolean(),
    stream_options: label(
      Type.Object(
        { include_usage: aBoolean(), include_obfuscation: onlyDefault(false) },
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
    user: aText(),
    safety_identifier: aText(),
    prompt_cache_key: aText(),
    metadata: label(Type.Record(Type.String(), Type.String(), { description: 'an object of texts' }))
  },
  { additionalProperties: false, description: 'application/json: an object with model and messages' }
)

export type ChatInput = Static<typeof ChatInput>

/** What `generate` is given. OpenAI's `developer` is what `system` was. */
export function toStreamInput({ messages }: ChatInput): StreamInput {
  return {
    messages: messages.map(({ role, content }) => ({
      role: (role === 'developer' ? 'system' : role) as Message['role'],
      content: typeof content === 'string' ? content : content.map(({ text }) => text).join('')
    }))
  }
}

const check = compileValidator(ChatInput)
const isPart = compileValidator(TextPart)

/** Checks a body as it came, and says which parameter is wrong. */
export const compileChatInput: FastifySchemaCompiler<unknown> = () => input => {
  const problem = wrongPart(input) ?? check(input) ?? loneStreamOptions(input as ChatInput)
  if (problem === undefined) return { value: input }
  const { where, what } = problem
  const param = where === '' ? null : where.replace(/\/(\d+)/g, '[$1]').replaceAll('/', '.')
  return { error: Object.assign(new FST_SSE_INPUT_INVALID(param ?? 'body', what), { param }) }
}

/** The first part of a message that is not supported: what is wrong with a list is not said of its parts. */
function wrongPart(input: unknown): Problem | undefined {
  const { messages } = (input ?? {}) as { messages?: unknown }
  if (!Array.isArray(messages)) return undefined
  for (const [index, message] of messages.entries()) {
    const content: unknown = message?.content
    if (!Array.isArray(content)) continue
    const wrong = content.findIndex(part => isPart(part) !== undefined)
    if (wrong >= 0)
      return { where: `messages/${index}/content/${wrong}`, what: `takes ${PART}: no other part is supported` }
  }
  return undefined
}

function loneStreamOptions({ stream, stream_options: options }: ChatInput): Problem | undefined {
  if (!options || stream) return undefined
  return { where: 'stream_options', what: 'is for stream: true only' }
}
