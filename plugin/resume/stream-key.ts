import { createHash, createHmac } from 'node:crypto'

/** Keeps these hashes apart from those that others make of the same owners. */
const CONTEXT = 'fastify-sse-from owner\0'

/**
 * The name of an owner for everything that keeps streams: a hash, so that no store holds an id of a user, or a token.
 *
 * @param owner not empty
 * @param secret the key of the hash. Without one, whoever can read a store can test guesses.
 * @returns 43 characters of base64url
 */
export function hashOwner(owner: string, secret: string | undefined): string {
  const hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret)
  // In UTF-8, all lone surrogates are the same.
  return hash.update(CONTEXT).update(owner, 'utf16le').digest('base64url')
}

/**
 * The key by which a stream is kept, on its node and in the event store. Streams of different owners have different
 * keys, whatever their ids are (R3). So a request finds only streams of its own owner, and learns nothing of others.
 *
 * @param id the id that clients know. It has no dot, so no id is the key of an owner's stream.
 * @param owner the hash of the owner; `undefined` for a stream without one
 */
export function streamKey(id: string, owner: string | undefined): string {
  return owner === undefined ? id : `${id}.${owner}`
}
