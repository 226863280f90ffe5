import type { ReasoningPart } from './part.js'

/** What a provider recognises its own reasoning by. */
type Seal = Pick<ReasoningPart, 'signature' | 'encrypted'>

const SIGNED = /^signature:([\w-]*)(?:\.(.*))?$/s

/**
 * What a provider recognises its own reasoning by, for an API that has one field for it: the `encrypted_content` of
 * Responses, the `encryptedValue` of AG-UI. Clients send it back as it is.
 */
export function sealOf({ signature, encrypted }: Seal): string | undefined {
  if (signature === undefined) return encrypted
  const encoded = `signature:${Buffer.from(signature).toString('base64url')}`
  return encrypted === undefined ? encoded : `${encoded}.${encrypted}`
}

/** Stands for what `sealOf` makes where a provider signs nothing: clients may keep no reasoning without it. */
export const UNSIGNED = 'unsigned:'

/** Reads what `sealOf` has made, or `UNSIGNED`. */
export function unseal(sealed: string): Seal {
  if (sealed === UNSIGNED) return {}
  const [match, encoded = '', encrypted] = SIGNED.exec(sealed) ?? []
  if (match === undefined) return { encrypted: sealed }
  const signature = Buffer.from(encoded, 'base64url').toString()
  return encrypted === undefined ? { signature } : { signature, encrypted }
}
