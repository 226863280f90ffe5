import { Kind, type TSchema } from '@sinclair/typebox'
import { describe } from '../util/errors/describe.js'
import { type DataCheck, MISMATCH } from './data-check.js'
import type { StandardSchema } from './data-schema.js'
import { standardCheck } from './standard-check.js'
import { fromTypeBox1, type Schema1 } from './typebox-1.js'
import { typeBoxCheck } from './typebox-check.js'

/** The check of each event that a route declares, by name. */
export type DataChecks = Readonly<Record<string, DataCheck>>

const KINDS = 'a TypeBox schema or a Standard Schema with JSON Schema'

/**
 * Makes the check of the data of an event.
 *
 * @param schema a `DataSchema`
 * @throws TypeError if it is none; what its library throws if it cannot be checked or has no JSON Schema
 */
export function makeCheck(schema: unknown): DataCheck {
  const marked: object = Object(schema)
  if (Kind in marked) return typeBoxCheck(marked as TSchema)
  if ('~kind' in marked || '~unsafe' in marked) return typeBoxCheck(fromTypeBox1(marked as Schema1), marked)
  if ('~standard' in marked) return standardCheck(marked as StandardSchema)
  throw new TypeError(`takes ${KINDS}, but it is ${describe(schema)}`)
}

/**
 * Decodes the data of an event. Strings are sent as they are, everything else as JSON. Where a schema allows both, text
 * that the check accepts unchanged is the data itself.
 *
 * @throws TypeError if the data is not what the route declares; SyntaxError if it is not JSON
 */
export function readData(checks: DataChecks, name: string, text: string): unknown {
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined
  if (check === undefined) throw new TypeError(undeclared(checks, name))
  if (check.text === 'never') return readJson(name, check, text)
  const asText = check.accept(text)
  if (asText === text) return asText
  if (asText === MISMATCH) return readJson(name, check, text)
  if (check.text === 'always') return asText
  // The check made something else of the text. What was sent may be JSON, of which it makes nothing else.
  const asJson = acceptJson(check, text)
  return asJson === MISMATCH ? asText : asJson
}

function readJson(name: string, check: DataCheck, text: string): unknown {
  const data: unknown = JSON.parse(text)
  const accepted = check.accept(data)
  if (accepted === MISMATCH) throw new TypeError(mismatch(name, check, data))
  return accepted
}

function acceptJson(check: DataCheck, text: string): unknown {
  try {
    return check.accept(JSON.parse(text))
  } catch {
    return MISMATCH
  }
}

/** Says that a name is not declared. */
export function undeclared(checks: DataChecks, name: string): string {
  return `the route declares no event "${name}", only ${Object.keys(checks).join(', ')}`
}

/** Says what is wrong with data that fails its check. */
export function mismatch(name: string, check: DataCheck, data: unknown): string {
  return `the data of "${name}" is not what the route declares: ${check.problem(data)}`
}
