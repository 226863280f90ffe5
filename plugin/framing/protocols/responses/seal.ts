import type { ReasoningPart } from '../../answer/part.js'

/** What a provider recognises its own reasoning by. */
type Seal = Pick<ReasoningPart, 'signature' | 'encrypted'>

const SIGNED = /^signature:([\w-]*)(?:\.(.*))?$/s

/**
 * The `encrypted_content` of reasoning. The API has no other field that clients send back, so a signature goes there
 * too.
 */
export function sealOf({ signature, encrypted }: Seal): string | undefined {
  if (signature === undefined) return encrypted
  const encoded = `signature:${Buffer.from(signature).toString('base64url')}`
  return encrypted === undefined ? encoded : `${encoded}.${encrypted}`
}

/** Reads the `encrypted_content` of reasoning. */
export function unseal(sealed: string): Seal {
  const [match, encoded = '', encrypted] = SIGNED.exec(sealed) ?? []
  if (match === undefined) return { encrypted: sealed }
  const signature = Buffer.from(encoded, 'base64url').toString()
  return encrypted === undefined ? { signature } : { signature, encrypted }
}
