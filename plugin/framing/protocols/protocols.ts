import { randomUUID } from 'node:crypto'
import { FST_SSE_OPTION_INVALID } from '../../errors.js'
import { describe } from '../../util/errors/describe.js'
import { ignoreRejection } from '../../util/promise.js'
import { hasMethods } from '../../util/validate.js'
import { agUiEvents } from './api/ag-ui.js'
import { agUi } from './api/ag-ui-run.js'
import { chatCompletion } from './api/chat-completion.js'
import { messages } from './api/messages.js'
import { uiMessages } from './api/ui-message.js'
import { either } from './either.js'
import { events } from './events.js'
import type { BuiltInProtocol, ItemStream, Protocol, StreamContext } from './protocol.js'
import { aiSdk } from './sdk/ai-sdk.js'
import { anthropic } from './sdk/anthropic.js'
import { openai } from './sdk/openai.js'

/** The name of the model in an answer whose source does not say it. */
const MODEL = 'default'

/** The built-in protocols. */
const protocols = {
  events,
  openai: either(openai, () => chatCompletion({ head: completionHead(), includeUsage: false })),
  anthropic: either(anthropic, () => messages({ id: `msg_${newId()}`, model: MODEL })),
  'ai-sdk': either(aiSdk, () => uiMessages()),
  'ag-ui': either(agUiEvents, () => agUi({ threadId: newId(), runId: newId() }))
} as const satisfies Record<string, BuiltInProtocol>

/** The name of a built-in protocol. */
export type ProtocolName = keyof typeof protocols

export const protocolNames = Object.keys(protocols) as readonly ProtocolName[]

/** The protocol that the `protocol` option of a stream selects. */
export function protocolOf(option: ProtocolName | Protocol = 'events'): BuiltInProtocol {
  return typeof option === 'string' ? protocols[option] : option
}

/**
 * Starts a stream of a protocol.
 *
 * @throws FST_SSE_OPTION_INVALID if the protocol returns no `ProtocolStream`, and any error of a custom protocol
 */
export function startStream(protocol: BuiltInProtocol, context: StreamContext): ItemStream {
  const stream: unknown = protocol.start(context)
  if (hasMethods(Object(stream), ['item', 'end', 'error'])) return stream as ItemStream
  ignoreRejection(stream)
  const what = `must return an object with item, end and error, but it returned ${describe(stream)}`
  throw new FST_SSE_OPTION_INVALID('protocol.start', what)
}

/** The protocol name that a log keeps. All custom protocols share the name `'custom'`. */
export function protocolNameOf(option: ProtocolName | Protocol = 'events'): string {
  return typeof option === 'string' ? option : 'custom'
}

/** Whether the clients of a protocol reconnect by themselves after every end of a response, as EventSource does. */
export function reconnects(option: ProtocolName | Protocol | undefined): boolean {
  return protocolOf(option).reconnects === true
}

function completionHead() {
  const created = Math.floor(Date.now() / 1000)
  return { id: `chatcmpl-${newId()}`, created, model: MODEL }
}

function newId(): string {
  return randomUUID().replaceAll('-', '')
}
