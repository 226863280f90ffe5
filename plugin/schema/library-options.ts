import type { DataSchema } from './data-schema.js'

/** What the JSON Schema of some libraries passes over, unless they are told to refuse it, by library. */
export const LIBRARY_OPTIONS: Readonly<Record<string, object>> = {
  arktype: {
    fallback: Object.fromEntries(['date', 'domain', 'proto', 'symbolKey', 'unit'].map(what => [what, refuseArk]))
  },
  zod: { override: refuseZod }
}

function refuseArk({ code }: { code: string }): never {
  throw new TypeError(`has a ${code} of ArkType that cannot be represented in JSON Schema`)
}

interface ZodSchema {
  readonly _zod: {
    readonly def: {
      readonly type: string
      readonly in?: ZodSchema
      readonly out?: ZodSchema
      reverseTransform?: unknown
    }
  }
}

function refuseZod({ zodSchema }: { zodSchema: ZodSchema }): void {
  const { def } = zodSchema._zod
  const what = ['promise', 'file'].includes(def.type) ? def.type : changes(def) && 'transform'
  if (what) throw new TypeError(`has a ${what} of zod, which cannot be represented in JSON Schema`)
}

/** Whether a pipe takes something else than it gives: a codec, or what comes after a transform. */
function changes(def: ZodSchema['_zod']['def']): boolean {
  return 'reverseTransform' in def || def.in?._zod.def.out?._zod.def.type === 'transform'
}

/** What is read of a type of ArkType. */
interface ArkType {
  readonly in: unknown
  readonly out: { extends(other: unknown): boolean }
}

/** @throws TypeError if a schema of ArkType is a morph whose result it does not accept itself */
export function refuseMorph(schema: DataSchema): void {
  const { in: taken, out } = schema as unknown as ArkType
  if (!out.extends(taken)) throw new TypeError('has a morph of ArkType, whose result it does not accept itself')
}
