import { invalid } from '../../contract/fields.js'
import { FST_SSE_ITEM_NOT_FOUND, FST_SSE_PREVIOUS_RESPONSE_NOT_FOUND } from '../../errors.js'
import type { Limits } from '../../limits.js'
import { type ResponsesRequest, readPlaced } from '../input.js'
import { placeOf } from '../output.js'
import { type Conversation, type PlacedEntry, toConversation } from './conversation.js'
import type { StoredResponse, StoredResponses } from './stored-responses.js'

/** A conversation with what it takes of earlier responses. */
export interface ResolvedConversation extends Conversation {
  /** The items of the conversation, those of earlier responses first. */
  readonly items: readonly unknown[]
  readonly inputCount: number
}

/**
 * Fetches what a request takes of earlier responses: the conversation that it continues, and items by their ids.
 *
 * @param stored `undefined` if responses are not stored
 * @throws FST_SSE_PREVIOUS_RESPONSE_NOT_FOUND, FST_SSE_ITEM_NOT_FOUND; FST_SSE_INPUT_INVALID if the conversation is too
 *   long
 */
export async function resolveConversation(
  { previousId, entries, items, instructions }: ResponsesRequest,
  owner: string | undefined,
  stored: StoredResponses | undefined,
  limits: Limits
): Promise<ResolvedConversation> {
  const previous = previousId === undefined ? undefined : await stored?.find(owner, previousId)
  if (previousId !== undefined && previous === undefined) throw new FST_SSE_PREVIOUS_RESPONSE_NOT_FOUND(previousId)
  const before = previous === undefined ? [] : [...previous.items, ...previous.response.output]
  const read = (item: unknown) => readPlaced(item, 'previous_response_id', limits)
  const placed: PlacedEntry[] = before.map(read)
  const resolved: unknown[] = []
  const found = new Map<string, Promise<StoredResponse | undefined>>()
  for (const [index, { entry, path }] of entries.entries()) {
    if (entry.role !== 'reference') {
      placed.push({ entry, path })
      resolved.push(items[index])
      continue
    }
    const item = await findItem(entry.id)
    placed.push(readPlaced(item, path, limits))
    resolved.push(item)
  }
  if (placed.length > limits.maxMessages) {
    throw invalid('previous_response_id', `and input take up to ${limits.maxMessages} items together`)
  }
  const system = { entry: { role: 'system' as const, content: instructions ?? '' }, path: 'instructions' }
  const conversation = toConversation(instructions === undefined ? placed : [system, ...placed])
  return { ...conversation, items: [...before, ...resolved], inputCount: resolved.length }

  async function findItem(id: string): Promise<unknown> {
    const place = placeOf(id)
    if (place === undefined || stored === undefined) throw new FST_SSE_ITEM_NOT_FOUND(id)
    const { responseId, index } = place
    const response = found.get(responseId) ?? stored.find(owner, responseId)
    found.set(responseId, response)
    const item = (await response)?.response.output[index]
    if (item === undefined) throw new FST_SSE_ITEM_NOT_FOUND(id)
    return item
  }
}
