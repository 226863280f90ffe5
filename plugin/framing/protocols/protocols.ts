import { aiSdk } from './ai-sdk.js'
import { anthropic } from './anthropic.js'
import { events } from './events.js'
import { openai } from './openai.js'
import type { BuiltInProtocol, Protocol } from './protocol.js'

/** The built-in protocols. */
const protocols = { events, openai, anthropic, 'ai-sdk': aiSdk } as const satisfies Record<string, BuiltInProtocol>

/** The name of a built-in protocol. */
export type ProtocolName = keyof typeof protocols

export const protocolNames = Object.keys(protocols) as readonly ProtocolName[]

/** The protocol that the `protocol` option of a stream selects. */
export function protocolOf(option: ProtocolName | Protocol = 'events'): BuiltInProtocol {
  return typeof option === 'string' ? protocols[option] : option
}

/** The protocol name that a log keeps. All custom protocols share the name `'custom'`. */
export function protocolNameOf(option: ProtocolName | Protocol = 'events'): string {
  return typeof option === 'string' ? option : 'custom'
}

/** Whether the clients of a protocol reconnect by themselves after every end of a response, as EventSource does. */
export function reconnects(option: ProtocolName | Protocol | undefined): boolean {
  return protocolOf(option).reconnects === true
}
