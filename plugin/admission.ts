import type { FastifyRequest } from 'fastify'
import type { OwnerLimit, Settings } from './options.js'
import type { ConnectionLimit } from './response/limits/connection-limit.js'
import type { TakeSlot } from './response/limits/slot.js'
import type { StreamLimits } from './response/limits/stream-limits.js'
import { type OwnerOptions, ownerOf } from './resume/owner.js'
import type { ResumableStreams } from './resume/resumable-streams.js'
import { resumableOf } from './settings.js'
import { isPromiseLike } from './util/promise.js'

/** What decides whether a stream may start (V5). */
export interface Admission {
  readonly settings: Settings
  readonly limits: StreamLimits
  readonly connectionLimit: ConnectionLimit
  readonly resumableStreams: ResumableStreams
}

/** How the stream of a request takes its slot when its source starts. */
export function slotTaker({ settings, limits, resumableStreams }: Admission, request: FastifyRequest): TakeSlot {
  const counted = ownersOf(settings)
  if (counted === undefined) return limits.takeUnowned
  const takeFor = (owner: string | undefined) => limits.take(resumableStreams.accessOf(owner, true).owner)
  return known => {
    // A resumable stream has asked for its owner already.
    if (known !== undefined && counted !== settings.maxStreamsPerOwner) return limits.take(known)
    const owner = ownerOf(request, counted)
    return isPromiseLike(owner) ? owner.then(takeFor) : takeFor(owner)
  }
}

/** Where the owners are from whose streams are counted; `undefined` if they are not limited. */
function ownersOf(settings: Settings): OwnerOptions | undefined {
  const { maxStreamsPerOwner } = settings
  if (maxStreamsPerOwner === false) return undefined
  if (hasOwner(maxStreamsPerOwner)) return maxStreamsPerOwner
  return resumableOf(settings, {})
}

function hasOwner(limit: number | OwnerLimit): limit is OwnerLimit {
  return typeof limit === 'object' && limit.owner !== undefined
}

/** How many streams of one owner may run at the same time; `undefined` for any number. */
export function ownerLimitOf({ maxStreamsPerOwner: limit }: Settings): number | undefined {
  if (limit === false) return undefined
  return typeof limit === 'object' ? limit.limit : limit
}
