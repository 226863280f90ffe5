import { secretPattern } from './secret-pattern.js'

const MASK = '[secret]'

/** What keys and tokens look like wherever they stand: by their prefixes, or as a JSON Web Token. */
const SHAPES = [
  /\b(?:sk|pk|rk|gsk|xai|hf|r8|nvapi|pplx|tgp|csk|fw|sess|org|proj)[-_][\w*.…•-]{5,}[\w*]/g,
  // `sk-` as base64, alone and as a password without a user.
  /\b(?:c2st|OnNrL)[\w+/-]{8,}=*/g,
  /\bAIza[\w*-]{8,}/g,
  /\bAKIA[\w*]{8,}/g,
  /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g
]

/** What follows the name of a secret: `Bearer x`, `Incorrect API key provided: x`, `"x-api-key":"x"`. */
const NAMED = [
  /(\bbearer\s+)(?!token)[\w.~+/=*-]{8,}/gi,
  /(\bBasic\s+)[\w+/]{12,}=*/g,
  /(\b(?:api|access|auth)[\s_-]?(?:key|token)(?:\s+\w+)?["'\\]*\s*[:=]\s*["'`\\]*)[^\s"'`\\,;<>()]{4,}/gi
]

/** The variables of the environment from which SDKs read their keys. */
const VARIABLE = /(KEY|TOKEN|SECRET)$/

/** Shorter values are no keys, and would mask parts of words. */
const MIN_LENGTH = 8

/** The patterns of the keys that the environment had so far. */
const patterns = new Map<string, RegExp>()

/** Masks what looks like a key or an organization in a text, and every key that the environment of the process has. */
export function maskSecrets(text: string): string {
  let masked = text
  for (const [name, value = ''] of Object.entries(process.env)) {
    if (value.length >= MIN_LENGTH && VARIABLE.test(name)) masked = masked.replace(patternOf(value), MASK)
  }
  for (const shape of NAMED) masked = masked.replace(shape, `$1${MASK}`)
  for (const shape of SHAPES) masked = masked.replace(shape, MASK)
  return masked
}

function patternOf(secret: string): RegExp {
  const pattern = patterns.get(secret) ?? secretPattern(secret)
  patterns.set(secret, pattern)
  return pattern
}
