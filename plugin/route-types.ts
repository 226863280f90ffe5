import type { Static } from '@sinclair/typebox'
import type { StreamOptions } from './options.js'
import type { DefaultEvents, EventMap, EventStreamSchema } from './schema/event-schema.js'
import type { SseEvent } from './sse/event.js'

type AllEvents<Events extends EventMap> = Omit<DefaultEvents, keyof Events> & Events

type NamedEvent<Name, Data> = Omit<SseEvent, 'event' | 'data'> & { data: Data } & (Name extends 'message'
    ? { event?: Name | undefined }
    : { event: Name })

/** What is sent and is no event to the client's listeners. */
type Aside = {
  comment?: string | undefined
  retry?: number | undefined
  event?: undefined
  data?: undefined
  id?: undefined
}

/** The events that the schema of a route declares; `never` where it declares none. */
export type EventsOf<Schema> = Schema extends { response: infer Response }
  ? {
      [Code in keyof Response]: Response[Code] extends EventStreamSchema<infer Events> ? Events : never
    }[keyof Response]
  : never

/** The names of the events that a route can send. */
export type EventName<Events extends EventMap> = [Events] extends [never] ? string : keyof AllEvents<Events> & string

/** The data of one event of a route. */
export type EventData<Events extends EventMap, Name> = [Events] extends [never]
  ? unknown
  : Name extends keyof AllEvents<Events>
    ? Static<AllEvents<Events>[Name]>
    : never

/** An event that a route can send. One without a name is a `message`. */
export type EventOf<Events extends EventMap> = [Events] extends [never]
  ? SseEvent
  : { [Name in EventName<Events>]: NamedEvent<Name, EventData<Events, Name>> }[EventName<Events>] | Aside

/**
 * What a source may yield: an event, or the data of the event with this name. Text may come as bytes.
 *
 * @template Name the `event` of the options
 */
export type ItemOf<Events extends EventMap, Name> = [Events] extends [never]
  ? unknown
  : EventOf<Events> | EventData<Events, Name> | (string extends EventData<Events, Name> ? Uint8Array : never)

/** What a source may return, which is the data of the last event. */
export type ResultOf<Events extends EventMap, End> = [Events] extends [never]
  ? unknown
  : End extends EventName<Events>
    ? EventData<Events, End>
    : unknown

/** What `end` takes on a route: see `StreamOptions`. */
export type EndOf<Events extends EventMap> = false | EventName<Events> | EventOf<Events>

/** The options of a stream on a route whose schema declares these events. */
export type OptionsOf<Events extends EventMap, T, Name, End> = Omit<
  StreamOptions<T>,
  'map' | 'event' | 'end' | 'onError' | 'protocol'
> & {
  /** A route that declares its events sends just these. */
  protocol?: [Events] extends [never] ? StreamOptions<T>['protocol'] : 'events' | undefined
  event?: Name | undefined
  end?: End | undefined
  onError?: ((error: Error) => EventOf<Events> | undefined) | undefined
}

/**
 * The options where each item is sent as it is. Without declared events that says nothing, which lets a function of the
 * caller's pass on a source and its options.
 */
export type UnmappedOptionsOf<Events extends EventMap, T, Name, End> = [Events] extends [never]
  ? StreamOptions<T>
  : OptionsOf<Events, T, Name, End> & { map?: undefined }
