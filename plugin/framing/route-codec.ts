import type { FastifyReply } from 'fastify'
import { FST_SSE_EVENT_INVALID } from '../errors.js'
import { type DataCheck, MISMATCH } from '../schema/data-check.js'
import { type DataChecks, mismatch, readData, undeclared } from '../schema/event-check.js'
import { checksOf, responsesOf } from '../schema/event-schema.js'
import { type EncodeData, toJson } from '../sse/event.js'
import { type Codec, plainCodec } from './codec.js'
import { serializerOf } from './route-serializers.js'

/** The codec of each route, by its `config`. */
const codecs = new WeakMap<object, Codec>()

/** The codec for the events that the route of a reply declares; `plainCodec` if it declares none. */
export function codecOf(reply: FastifyReply): Codec {
  const { schema, config } = reply.routeOptions
  let codec = codecs.get(config)
  if (codec === undefined) {
    const checks = responsesOf(schema).map(checksOf).find(Boolean)
    codec = checks === undefined ? plainCodec : makeCodec(checks)
    codecs.set(config, codec)
  }
  return codec
}

function makeCodec(checks: DataChecks): Codec {
  const encoders = new Map<string, (data: unknown) => string>()
  for (const [name, check] of Object.entries(checks)) {
    encoders.set(name, makeEncoder(name, check, serializerOf(check, `"${name}"`)))
  }
  const encode: EncodeData = (value, name = 'message') => {
    const encodeOne = encoders.get(name)
    if (encodeOne !== undefined) return encodeOne(value)
    throw new FST_SSE_EVENT_INVALID(undeclared(checks, name))
  }
  return { encode, read: (text, _given, name) => readData(checks, name, text), result: returned => returned }
}

function makeEncoder(name: string, check: DataCheck, serialize: (data: unknown) => string) {
  return (data: unknown): string => {
    const accepted = accept(name, check, data)
    if (typeof accepted === 'string') return accepted
    return toJson(accepted, serialize)
  }
}

/** @throws FST_SSE_EVENT_INVALID */
function accept(name: string, check: DataCheck, data: unknown): unknown {
  try {
    const accepted = check.accept(data)
    if (accepted !== MISMATCH) return accepted
  } catch (cause) {
    throw new FST_SSE_EVENT_INVALID(`the data of "${name}" cannot be checked`, { cause })
  }
  throw new FST_SSE_EVENT_INVALID(mismatch(name, check, data))
}
