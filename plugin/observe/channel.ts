import diagnostics from 'node:diagnostics_channel'

/** What the names of all channels begin with. */
const PREFIX = 'fastify-sse-from:'

/** A diagnostics channel that takes one kind of message. */
export interface MessageChannel<Message> {
  /** Whether anybody listens. If not, no message has to be made. */
  readonly hasSubscribers: boolean
  publish(message: Message): void
}

/** The whole name of a channel. @param name without the prefix that all channels share */
export function nameOf(name: string): string {
  return PREFIX + name
}

/**
 * Gives a diagnostics channel.
 *
 * @template Message what it publishes
 * @param name without the prefix that all channels share
 */
export function channelOf<Message>(name: string): MessageChannel<Message> {
  return diagnostics.channel(nameOf(name))
}
