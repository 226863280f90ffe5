import { type Static, Type } from '@sinclair/typebox'
import { invalid } from '../contract/fields.js'

const Nothing = Type.Null()

/** One model that clients may ask for. What the server does not know of it is `null`. */
export const AnthropicModel = Type.Object({
  type: Type.Literal('model'),
  id: Type.String(),
  display_name: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
  lifecycle: Type.Literal('active'),
  line: Nothing,
  capabilities: Nothing,
  max_input_tokens: Nothing,
  max_tokens: Nothing,
  deprecated_at: Nothing,
  retires_at: Nothing
})

const Id = Type.Union([Type.String(), Nothing])

/** A page of the models that clients may ask for. */
export const AnthropicModelList = Type.Object({
  data: Type.Array(AnthropicModel),
  has_more: Type.Boolean(),
  first_id: Id,
  last_id: Id
})

type AnthropicModel = Static<typeof AnthropicModel>

/** The most models of one page. Without a limit, a client gets as many. */
export const MAX_LIMIT = 1000

/** What Anthropic's API has for a date that is not known. */
const UNKNOWN_DATE = '1970-01-01T00:00:00Z'

export function modelInfo(id: string): AnthropicModel {
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: UNKNOWN_DATE,
    lifecycle: 'active',
    line: null,
    capabilities: null,
    max_input_tokens: null,
    max_tokens: null,
    deprecated_at: null,
    retires_at: null
  }
}

/**
 * The page of the models that a query asks for, with `limit`, `after_id` and `before_id`.
 *
 * @throws FST_SSE_INPUT_INVALID
 */
export function modelsPage(ids: readonly string[], query: unknown): Static<typeof AnthropicModelList> {
  const { limit, after_id, before_id } = query as Record<string, unknown>
  const from = after_id === undefined ? 0 : placeOf('after_id', after_id) + 1
  const to = before_id === undefined ? ids.length : placeOf('before_id', before_id)
  const size = limitOf(limit)
  // Pages before an id end right before it.
  const isReverse = before_id !== undefined
  const all = ids.slice(from, to)
  const page = isReverse ? all.slice(-size) : all.slice(0, size)
  return {
    data: page.map(modelInfo),
    has_more: page.length < all.length,
    first_id: page[0] ?? null,
    last_id: page.at(-1) ?? null
  }

  function placeOf(name: string, id: unknown): number {
    const place = ids.indexOf(id as string)
    if (place < 0) throw invalid(name, 'takes the id of a model of the list')
    return place
  }
}

function limitOf(limit: unknown): number {
  if (limit === undefined) return MAX_LIMIT
  const size = typeof limit === 'string' && /^\d+$/.test(limit) ? Number(limit) : 0
  if (size < 1 || size > MAX_LIMIT) throw invalid('limit', `takes a whole number from 1 to ${MAX_LIMIT}`)
  return size
}
