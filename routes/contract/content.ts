import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { ReasoningPart, RefusalPart, TextPart, ToolCallPart } from '../../plugin/toolkit.js'

const string = (description: string) => Type.String({ description })

/** What a URL of an image or a file is. */
export const MEDIA_URL = 'an absolute http, https or data URL'

/** Whether a model can be shown what a URL leads to. A `data:` URL may be megabytes long, and is not parsed. */
export function isMediaUrl(url: string): boolean {
  return /^data:/i.test(url) || (/^https?:\/\//i.test(url) && URL.canParse(url))
}

/** What the API of a client has and the contract does not, by the name that the API gives it. */
export const Extra = Type.Optional(
  Type.Record(Type.String(), Type.Unknown(), { description: 'an object with what else the client sent' })
)

function part<Type extends string, Fields extends Record<string, TSchema>>(type: Type, fields: Fields) {
  return Type.Object(
    { type: Type.Literal(type, { description: JSON.stringify(type) }), ...fields, extra: Extra },
    { additionalProperties: false, description: `an object with type "${type}", ${Object.keys(fields).join(', ')}` }
  )
}

/** The schema of an image. */
export const ImagePart = part('image', {
  url: string(MEDIA_URL),
  detail: Type.Optional(string('how closely to look: low, high or auto'))
})

/** The schema of a file. */
export const FilePart = part('file', {
  url: Type.Optional(string(MEDIA_URL)),
  id: Type.Optional(string('the id of a file that the provider has')),
  name: Type.Optional(string('the name of the file'))
})

/** The schema of a recording. */
export const AudioPart = part('audio', {
  data: string('the recording in Base64'),
  format: string('the format, such as mp3 or wav')
})

/** The parts that a user or a tool may send, by their type. */
export const inputParts = {
  text: Type.Composite([TextPart, Type.Object({ extra: Extra })], {
    additionalProperties: false,
    description: TextPart.description
  }),
  image: ImagePart,
  file: FilePart,
  audio: AudioPart
} as const

/** The parts that a model has answered with, by their type. */
export const answerParts = {
  text: inputParts.text,
  reasoning: ReasoningPart,
  'tool-call': ToolCallPart,
  refusal: RefusalPart
} as const

/** Text, an image, a file or a recording. `extra` has what the client's API says of it beyond that. */
export type ContentPart = {
  [Type in keyof typeof inputParts]: Static<(typeof inputParts)[Type]>
}[keyof typeof inputParts]

/** A part of an earlier answer: what `generate` yields as an object. */
export type AssistantPart = {
  [Type in keyof typeof answerParts]: Static<(typeof answerParts)[Type]>
}[keyof typeof answerParts]

/** The text of the content of a message: all text parts together, with what the model refused with. */
export function textOf(content: string | readonly (ContentPart | AssistantPart)[]): string {
  if (typeof content === 'string') return content
  return content.map(part => (part.type === 'text' || part.type === 'refusal' ? part.text : '')).join('')
}
