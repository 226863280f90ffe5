import { aiSdk } from './ai-sdk.js'
import { anthropic } from './anthropic.js'
import { events } from './events.js'
import { openai } from './openai.js'
import type { BuiltInProtocol, Protocol } from './protocol.js'

/** The protocols that have a name. */
const protocols = { events, openai, anthropic, 'ai-sdk': aiSdk } as const satisfies Record<string, BuiltInProtocol>

/** The name of a protocol of the plugin. */
export type ProtocolName = keyof typeof protocols

export const protocolNames = Object.keys(protocols) as readonly ProtocolName[]

/** The protocol that the options of a stream name. */
export function protocolOf(option: ProtocolName | Protocol = 'events'): BuiltInProtocol {
  return typeof option === 'string' ? protocols[option] : option
}

/** The name under which a log keeps the protocol of its stream. All protocols that applications write share one. */
export function protocolNameOf(option: ProtocolName | Protocol = 'events'): string {
  return typeof option === 'string' ? option : 'custom'
}

/** Whether the clients of a protocol come back by themselves after any end of a response, as EventSource does. */
export function reconnects(option: ProtocolName | Protocol | undefined): boolean {
  return protocolOf(option).reconnects === true
}
