import type {
  FastifyInstance,
  FastifySchemaCompiler,
  FastifySerializerCompiler,
  preValidationHookHandler
} from 'fastify'
import { errorBody, FST_SSE_OPTION_INVALID, isNestedDeeper, MAX_LEVELS } from '../plugin/toolkit.js'
import { invalid } from './contract/fields.js'

/** The longest `handlerTimeout` that a timer of Node takes: 24 days. Milliseconds. */
const NEVER = 2 ** 31 - 1

/**
 * Sets up the context of a plugin and gives the settings of its routes, so that they read and answer in the same way
 * whatever the app sets for all of its routes (V3): compilers, serializers, parsers, timeouts.
 *
 * The schemas of the routes document what they take and answer with. They are not enforced: `checkInput` checks input,
 * and an error has the shape that the app's error handler gives it.
 */
export function routeSettings(app: FastifyInstance) {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'))
  // The type of `initialConfig` lacks it.
  const { handlerTimeout = 0 } = app.initialConfig as { handlerTimeout?: number }
  return {
    validatorCompiler: validatorCompilerOf(app),
    serializerCompiler,
    ...(handlerTimeout > 0 && { handlerTimeout: NEVER })
  }
}

/** The parts of a request that routes read. */
type Part = 'body' | 'query' | 'params'

/** Gives the error of a wrong part of a request, `undefined` for none. */
export type InputCheck = (value: unknown) => Error | undefined

/** A hook that checks the parts of a request as they were sent, after the hooks of the app and before `preHandler`. */
export function checkInput(checks: Partial<Record<Part, InputCheck>>): preValidationHookHandler {
  return (request, _reply, done) => {
    for (const part of ['params', 'body', 'query'] as const) {
      const error = (part === 'body' ? findTooDeep(request.body) : undefined) ?? checks[part]?.(request[part])
      if (error === undefined) continue
      // As Fastify tells error handlers which part is wrong.
      done(Object.assign(error, { validationContext: part === 'query' ? 'querystring' : part }))
      return
    }
    done()
  }
}

/**
 * Makes a hook that checks a body by reading it, and the function that gives what was read.
 *
 * @param readBody throws the error of a wrong body
 */
export function checkReads<T>(readBody: (body: unknown) => T) {
  const all = new WeakMap<object, T>()
  const check: preValidationHookHandler = (request, _reply, done) => {
    try {
      const tooDeep = findTooDeep(request.body)
      if (tooDeep !== undefined) throw tooDeep
      const result = readBody(request.body)
      all.set(request.body as object, result)
      done()
    } catch (error) {
      done(Object.assign(error as Error, { validationContext: 'body' }))
    }
  }
  /** What was read of a body that has passed the check. */
  const read = (body: unknown): T => all.get(body as object) ?? readBody(body)
  return { check, read }
}

/** The error of a body that is nested so deep that code which walks it, such as `JSON.stringify`, may fail. */
function findTooDeep(body: unknown): Error | undefined {
  return isNestedDeeper(body) ? invalid('', `takes JSON of up to ${MAX_LEVELS} levels`) : undefined
}

/** A hook of the app may have added a schema for headers, which is the app's to check. All else is checked already. */
function validatorCompilerOf(app: FastifyInstance): FastifySchemaCompiler<unknown> {
  return route => {
    if (route.httpPart !== 'headers') return () => true
    let validate: ReturnType<FastifySchemaCompiler<unknown>> | undefined
    return headers => {
      validate ??= compilerOf(app)(route)
      const result = validate(headers) as ReturnType<typeof validate> | boolean
      return result === false ? { error: (validate as unknown as { errors: Error }).errors } : result
    }
  }
}

/** @throws FST_SSE_OPTION_INVALID */
function compilerOf(app: FastifyInstance): FastifySchemaCompiler<unknown> {
  const { validatorCompiler } = app
  if (validatorCompiler !== undefined) return validatorCompiler
  throw new FST_SSE_OPTION_INVALID('schema.headers', 'of a hook needs app.setValidatorCompiler()')
}

/** Fastify has its own errors serialized too, where no error handler gives them another shape. */
const serializerCompiler: FastifySerializerCompiler<unknown> = () => data =>
  JSON.stringify(data instanceof Error ? errorBody(data) : data)
