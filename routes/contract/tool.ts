import { type Static, Type } from '@sinclair/typebox'
import { Extra } from './content.js'

const closed = { additionalProperties: false }

/** The schema of a tool that the model may call. */
export const Tool = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'a string that is not empty' }),
    description: Type.Optional(Type.String({ description: 'a string' })),
    parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'a JSON schema' })),
    strict: Type.Optional(Type.Boolean({ description: 'true or false: whether the arguments must match the schema' })),
    extra: Extra
  },
  { ...closed, description: 'an object with name, description and parameters' }
)

/** The schema of which tools the model may call, or must. */
export const ToolChoice = Type.Union(
  [
    Type.Literal('auto'),
    Type.Literal('none'),
    Type.Literal('required'),
    Type.Object({ tool: Type.String({ minLength: 1 }) }, closed)
  ],
  { description: '"auto", "none", "required", or an object with tool: the name of the one to call' }
)

/** The schema of the form of the answer. */
export const ResponseFormat = Type.Union(
  [
    Type.Object({ type: Type.Literal('text') }, closed),
    Type.Object(
      {
        type: Type.Literal('json'),
        schema: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
        name: Type.Optional(Type.String()),
        description: Type.Optional(Type.String()),
        strict: Type.Optional(Type.Boolean())
      },
      closed
    )
  ],
  { description: '{ type: "text" }, or { type: "json" } with a schema, name, description and strict if needed' }
)

/** A tool that the model may call. Its parameters are a JSON schema. */
export type Tool = Static<typeof Tool>
/** Whether the model may call tools: `auto`, `none`, `required`, or the one that it must call. */
export type ToolChoice = Static<typeof ToolChoice>
/** The form of the answer: text, or JSON that matches a schema. */
export type ResponseFormat = Static<typeof ResponseFormat>
