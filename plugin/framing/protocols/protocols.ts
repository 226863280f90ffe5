import { aiSdk } from './ai-sdk.js'
import { anthropic } from './anthropic.js'
import { openai } from './openai.js'
import type { Protocol } from './protocol.js'

/** The protocols that have a name, but for `events`, which is the plugin's own. */
const protocols = { openai, anthropic, 'ai-sdk': aiSdk } as const

/** The names of the protocols. */
export type ProtocolName = 'events' | keyof typeof protocols

export const protocolNames = ['events', ...Object.keys(protocols)] as readonly ProtocolName[]

/** The protocol that the options of a stream say; `undefined` for the plugin's own events. */
export function protocolOf(option: ProtocolName | Protocol | undefined): Protocol | undefined {
  if (option === undefined || option === 'events') return undefined
  return typeof option === 'string' ? protocols[option] : option
}

/** By what name streams are known to speak it; `undefined` for the plugin's own events. Those that users have made share one. */
export function protocolNameOf(option: ProtocolName | Protocol | undefined): string | undefined {
  if (option === undefined || option === 'events') return undefined
  return typeof option === 'string' ? option : 'own'
}

/** Whether the clients of a protocol come back by themselves. */
export function reconnects(protocol: Protocol | undefined): boolean {
  return protocol === undefined || protocol.reconnects === true
}
