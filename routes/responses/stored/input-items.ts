import { type Fields, invalid } from '../../contract/fields.js'
import type { StoredResponse } from './stored-responses.js'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

/**
 * A page of the items that a response answers, the newest first unless the query says otherwise.
 *
 * @throws FST_SSE_INPUT_INVALID
 */
export function inputItemsPage({ items, inputCount, response }: StoredResponse, query: Fields): object {
  const order = query.any('order') ?? 'desc'
  if (order !== 'asc' && order !== 'desc') throw query.invalid('order', 'takes "asc" or "desc"')
  const limit = Number(query.any('limit') ?? DEFAULT_LIMIT)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw query.invalid('limit', `takes a whole number from 1 to ${MAX_LIMIT}`)
  }
  const all = items.slice(items.length - inputCount).map((item, index) => withId(item, response.id, index))
  if (order === 'desc') all.reverse()
  const after = query.any('after')
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1
  if (after !== undefined && from === 0) throw invalid('after', 'takes the id of an item of this list')
  const data = all.slice(from, from + limit)
  return {
    object: 'list',
    data,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: from + limit < all.length
  }
}

/** Items of the input need no id and no type, and those of a list have both. */
function withId(item: unknown, responseId: string, index: number): Record<string, unknown> & { id: unknown } {
  const fields = item as Record<string, unknown>
  const { content } = fields
  const id = fields.id ?? `item_${responseId.replace('resp_', '')}_${index}`
  const type = fields.role === 'assistant' ? 'output_text' : 'input_text'
  return {
    type: 'message',
    ...fields,
    ...(typeof content === 'string' && { content: [{ type, text: content }] }),
    id
  }
}
