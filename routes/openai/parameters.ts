import { type TSchema, Type } from '@sinclair/typebox'

/** `null` stands for a parameter that is not given. */
function orNull<T extends TSchema>(schema: T) {
  return Type.Optional(Type.Union([schema, Type.Null()], { description: `${schema.description} or null` }))
}

/** A parameter that does not change the answer. */
const label = orNull

const stringLabel = () => label(Type.String({ description: 'a string' }))
const flag = () => label(Type.Boolean({ description: 'true, false' }))

/** A parameter that `generate` does not get. It is taken only with values that ask for nothing, such as the default. */
function asksNothing(...values: (string | number | boolean)[]) {
  const known = [...values.map(value => JSON.stringify(value)), 'null'].join(' or ')
  const description = `${known}: nothing else is supported`
  return Type.Optional(Type.Union([...values.map(value => Type.Literal(value)), Type.Null()], { description }))
}

/** As `asksNothing`, for what is not one of a few plain values. */
function asksNothingAs(schema: TSchema, example: string) {
  const description = `${example} or null: nothing else is supported`
  return Type.Optional(Type.Union([schema, Type.Null()], { description }))
}

const onlyNull = () => Type.Optional(Type.Null({ description: 'null: nothing else is supported' }))
const emptyList = () => Type.Array(Type.Unknown(), { maxItems: 0 })
const emptyObject = () => Type.Object({}, { additionalProperties: false })

/** The parameters of OpenAI's API beside the model and the messages, in the form in which they are supported. */
export const parameters = {
  stream: flag(),
  stream_options: label(
    Type.Object(
      { include_usage: flag(), include_obfuscation: asksNothing(false) },
      { additionalProperties: false, description: 'an object with include_usage' }
    )
  ),

  n: asksNothing(1),
  temperature: asksNothing(1),
  top_p: asksNothing(1),
  presence_penalty: asksNothing(0),
  frequency_penalty: asksNothing(0),
  logprobs: asksNothing(false),
  top_logprobs: asksNothing(0),
  logit_bias: asksNothingAs(emptyObject(), '{}'),
  max_tokens: onlyNull(),
  max_completion_tokens: onlyNull(),
  stop: asksNothingAs(emptyList(), '[]'),
  seed: onlyNull(),
  reasoning_effort: onlyNull(),
  verbosity: asksNothing('medium'),
  prediction: onlyNull(),
  moderation: onlyNull(),
  web_search_options: onlyNull(),
  store: asksNothing(false),
  service_tier: asksNothing('auto', 'default'),

  response_format: asksNothingAs(
    Type.Object({ type: Type.Literal('text') }, { additionalProperties: false }),
    '{ "type": "text" }'
  ),
  modalities: asksNothingAs(Type.Array(Type.Literal('text'), { minItems: 1, maxItems: 1 }), '["text"]'),
  audio: onlyNull(),

  tools: asksNothingAs(emptyList(), '[]'),
  tool_choice: asksNothing('none', 'auto'),
  parallel_tool_calls: asksNothing(true, false),
  functions: asksNothingAs(emptyList(), '[]'),
  function_call: asksNothing('none', 'auto'),

  user: stringLabel(),
  safety_identifier: stringLabel(),
  prompt_cache_key: stringLabel(),
  prompt_cache_retention: stringLabel(),
  prompt_cache_options: label(Type.Object({}, { description: 'an object' })),
  metadata: label(Type.Record(Type.String(), Type.String(), { description: 'an object whose values are strings' }))
}
