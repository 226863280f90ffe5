import type { Static, TSchema } from '@sinclair/typebox'
// Not every app has TypeBox 1. Where it is missing, no schema has its types either.
// biome-ignore lint/suspicious/noTsIgnore: whether there is an error depends on what the app has installed
/** @ts-ignore */
import type { Static as Static1 } from 'typebox'

/** A schema of TypeBox 1, the package `typebox`. */
export type TypeBox1Schema = { readonly '~kind': string } | { readonly '~unsafe': unknown }

/**
 * A Standard Schema (https://standardschema.dev) with JSON Schema: of zod from version 4.2 on, of ArkType from 2.1.28
 * on, or of valibot by `toStandardJsonSchema` of `@valibot/to-json-schema`.
 *
 * @template Input what the schema takes
 * @template Output what it makes of that
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult | PromiseLike<StandardResult>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What `validate` of a Standard Schema gives: the value, or what is wrong with it. */
export type StandardResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** What is wrong with a value, and where. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The schema of the data of an event: of TypeBox 0.34 or 1, or a Standard Schema with JSON Schema. */
export type DataSchema = TSchema | TypeBox1Schema | StandardSchema

/** The data that a source may give where a schema declares it. */
export type DataInput<Schema> = Schema extends StandardSchema
  ? NonNullable<Schema['~standard']['types']>['input']
  : TypeBoxData<Schema>

/** The data that is sent where a schema declares it. */
export type DataOutput<Schema> = Schema extends StandardSchema
  ? NonNullable<Schema['~standard']['types']>['output']
  : TypeBoxData<Schema>

type TypeBoxData<Schema> = Schema extends TSchema
  ? Static<Schema>
  : Schema extends TypeBox1Schema
    ? Static1<Schema>
    : unknown
