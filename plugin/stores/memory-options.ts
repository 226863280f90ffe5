import { type Static, Type } from '@sinclair/typebox'
import { compileOptionsValidator, withDefaults } from '../util/validate.js'

function count(rest: { default: number }) {
  return Type.Optional(
    Type.Union(
      [Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), Type.Literal(Number.POSITIVE_INFINITY)],
      { description: 'a positive whole number, or Infinity', ...rest }
    )
  )
}

const Options = Type.Object(
  {
    /** The most events of one stream. A longer stream fails with `FST_SSE_LOG_FULL`. Default: 65536. */
    maxEvents: count({ default: 65_536 }),
    /** The most bytes of events of one stream. A larger stream fails with `FST_SSE_LOG_FULL`. Default: 1048576. */
    maxBytes: count({ default: 1024 * 1024 }),
    /**
     * The most streams, running and ended. A new stream replaces the one that ended first. If all are running, `create`
     * rejects with `FST_SSE_STORE_FULL`, and the new stream is not stored. Default: 10000.
     */
    maxStreams: count({ default: 10_000 }),
    /**
     * The most bytes of events of all streams together, counted as UTF-16 code units: what is not Latin-1 takes two
     * bytes of memory each. The streams that ended first make room for others. If running streams alone take it up,
     * `create` rejects with `FST_SSE_STORE_FULL`, and the new stream is not stored. A running stream that finds no room
     * goes on without the store. Default: 134217728.
     */
    maxTotalBytes: count({ default: 128 * 1024 * 1024 }),
    /**
     * The part of `maxStreams` and of `maxTotalBytes` that the streams of one owner may take up. Beyond it, they make
     * room for each other. Streams without an owner have no such limit. A number above 0, at most 1. Default: 0.1.
     */
    ownerShare: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.1, description: 'a number above 0, at most 1' })
    ),
    /** How long the log of an ended stream is kept. Milliseconds. Default: 300000. */
    keep: count({ default: 300_000 }),
    /**
     * How long a producer holds its log without renewing its lease. Milliseconds. Default: `Infinity`, since a producer
     * and its store live in the same process.
     */
    lease: count({ default: Number.POSITIVE_INFINITY })
  },
  { additionalProperties: false, description: 'an object' }
)

/** The options of a `MemoryStore`. Each but `ownerShare` is a positive whole number, or `Infinity`. */
export type MemoryStoreOptions = Static<typeof Options>

const validate = compileOptionsValidator(Options)

/**
 * Checks the options and fills in the defaults.
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function memorySettings(options: MemoryStoreOptions): Required<MemoryStoreOptions> {
  validate(options)
  return withDefaults(Options, options) as Required<MemoryStoreOptions>
}
