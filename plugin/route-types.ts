import type { CollectedAnswer } from './framing/answer/collected-answer.js'
import type { StreamOptions } from './options.js'
import type { DataInput, DataOutput, DataSchema } from './schema/data-schema.js'
import type { DefaultEvents, EventMap, EventStreamSchema } from './schema/event-schema.js'
import type { SseEvent } from './sse/event.js'

type AllEvents<Events extends EventMap> = Omit<DefaultEvents, keyof Events> & Events

type NamedEvent<Name, Data> = Omit<SseEvent, 'event' | 'data'> & { data: Data } & (Name extends 'message'
    ? { event?: Name | undefined }
    : { event: Name })

/** A comment or a `retry:` alone, which clients do not dispatch to their listeners. */
type Undispatched = {
  comment?: string | undefined
  retry?: number | undefined
  event?: undefined
  data?: undefined
  id?: undefined
}

/**
 * The events that the schema of a route declares; `never` if it declares none.
 *
 * @template Schema the `schema` of the route
 */
export type EventsOf<Schema> = Schema extends { response: infer Response }
  ? {
      [Code in keyof Response]: Response[Code] extends EventStreamSchema<infer Events> ? Events : never
    }[keyof Response]
  : never

/** The schema of the JSON body that the schema of a route declares; `never` or `undefined` if it declares none. */
export type BodyOf<Schema> = Schema extends { response: infer Response }
  ? {
      [Code in keyof Response]: Response[Code] extends EventStreamSchema<EventMap, infer Body> ? Body : never
    }[keyof Response]
  : never

/** What the `json` option may give: what the route declares, or any value that JSON can carry. */
type JsonInput<Body> = [Body] extends [never] ? unknown : Body extends DataSchema ? DataInput<Body> : unknown

/** An event as a client of a route reads it. */
export type ReadEvent<Events extends EventMap> = {
  [Name in keyof AllEvents<Events> & string]: {
    readonly event: Name
    readonly data: DataOutput<AllEvents<Events>[Name]>
  }
}[keyof AllEvents<Events> & string]

/** The whole answer of a route: see `CollectedAnswer`. */
export type AnswerOf<Events extends EventMap, End> = [Events] extends [never]
  ? CollectedAnswer
  : CollectedAnswer<ReadEvent<Events>, ResultOf<Events, End>>

/** The names of the events that a route can send; any string if it declares none. */
export type EventName<Events extends EventMap> = [Events] extends [never] ? string : keyof AllEvents<Events> & string

/**
 * The data of one event of a route; `unknown` if it declares none.
 *
 * @template Name the name of the event
 */
export type EventData<Events extends EventMap, Name> = [Events] extends [never]
  ? unknown
  : Name extends keyof AllEvents<Events>
    ? DataInput<AllEvents<Events>[Name]>
    : never

/** An event that a route can send. An event without a name is a `message`. */
export type EventOf<Events extends EventMap> = [Events] extends [never]
  ? SseEvent
  : { [Name in EventName<Events>]: NamedEvent<Name, EventData<Events, Name>> }[EventName<Events>] | Undispatched

/**
 * The items that a source of a route may yield: an event, or the data of the event called `Name`. Text may be bytes.
 *
 * @template Name the `event` option, `'message'` by default
 */
export type ItemOf<Events extends EventMap, Name> = [Events] extends [never]
  ? unknown
  : EventOf<Events> | EventData<Events, Name> | (string extends EventData<Events, Name> ? Uint8Array : never)

/** The return value of a source, which is the data of the last event. */
export type ResultOf<Events extends EventMap, End> = [Events] extends [never]
  ? unknown
  : End extends EventName<Events>
    ? EventData<Events, End>
    : unknown

/** The values of the `end` option on a route: see `StreamOptions`. */
export type EndOf<Events extends EventMap> = false | EventName<Events> | EventOf<Events>

/** The options of a stream on a route whose schema declares these events. */
export type OptionsOf<Events extends EventMap, T, Name, End, Body> = Omit<
  StreamOptions<T>,
  'map' | 'event' | 'end' | 'onError' | 'protocol' | 'json'
> & {
  /** A route that declares its events takes `'events'` only. */
  protocol?: [Events] extends [never] ? StreamOptions<T>['protocol'] : 'events' | undefined
  /** Makes the JSON body that the route declares, or any if it declares none. See `StreamOptions`. */
  json?: ((answer: AnswerOf<Events, End>) => JsonInput<Body> | Promise<JsonInput<Body>>) | undefined
  event?: Name | undefined
  end?: End | undefined
  onError?: ((error: Error) => EventOf<Events> | undefined) | undefined
}

/**
 * The options of a stream without `map`. On a route that declares no events they are any `StreamOptions`, so that a
 * function can pass on a source together with its options.
 */
export type UnmappedOptionsOf<Events extends EventMap, T, Name, End, Body> = [Events] extends [never]
  ? StreamOptions<T>
  : OptionsOf<Events, T, Name, End, Body> & { map?: undefined }
