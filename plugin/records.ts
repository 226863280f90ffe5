import type { FastifyInstance, FastifyReply } from 'fastify'
import { serverOf } from './plugin.js'
import { startStream } from './resume/start-stream.js'

/** The name of what a route keeps for itself where the event store keeps streams. */
export interface RecordId {
  readonly id: string
  /** Its owner; `undefined` for none. */
  readonly owner: string | undefined
}

/** A record waits for nobody, and is no larger than its route allows. */
const SETTINGS = {
  maxEventBytes: Number.MAX_SAFE_INTEGER,
  providerKey: 'server',
  firstEventTimeout: false,
  idleTimeout: false,
  maxDuration: false
} as const

const FREE_SLOT = { release() {} }

/**
 * Keeps a record as a stream that takes no slot, and of whose end nobody is told. Resolves when all nodes can
 * find it.
 *
 * @param data of its only event
 * @throws FST_SSE_CLOSING
 */
export async function keepRecord(reply: FastifyReply, { id, owner }: RecordId, data: string): Promise<void> {
  const { resumableStreams } = serverOf(reply.server)
  const record = { source: () => [data], options: {}, settings: SETTINGS, isRecord: true }
  const known = { owner: () => owner, anonymous: true }
  await startStream(resumableStreams, () => FREE_SLOT, reply, record, { ...known, id: streamIdOf(id) })
}

/**
 * Finds a record by its id.
 *
 * @returns its event, as it was written; `undefined` if its owner has no such record
 * @throws FST_SSE_STORE_UNAVAILABLE
 */
export async function findRecord(app: FastifyInstance, { id, owner }: RecordId): Promise<string | undefined> {
  const { resumableStreams } = serverOf(app)
  const access = resumableStreams.accessOf(owner, true)
  const state = await resumableStreams.readIfThere(streamIdOf(id), access, 0)
  return state?.events[0]
}

/** The id of a record's stream. No client can name it, to read the record or to forge one: its own ids have no dot. */
function streamIdOf(id: string): string {
  return `record.${id}`
}
