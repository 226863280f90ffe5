/** The shortest part of a text in base64 that is taken for a secret. Characters. */
const MIN_BASE64 = 8

/**
 * A pattern of a secret however a provider or a proxy may repeat it: as it is or in capitals, with the escapes of JSON
 * and of URLs, also within each other, and as base64, alone or as a part of more, such as the credentials of Basic
 * (RFC 7617).
 *
 * @param secret not empty
 */
export function secretPattern(secret: string): RegExp {
  const plain = Array.from(secret, escapes).join('')
  return new RegExp([plain, ...base64Forms(secret)].join('|'), 'gi')
}

/** A character as it is, or as escapes of JSON or of a URL. Nothing escapes letters and digits. */
function escapes(character: string): string {
  if (/[a-z\d]/i.test(character)) return character
  const json = JSON.stringify(character).slice(1, -1).replace(/^\\/, '')
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
  const unicode = units.map(unit => `\\\\{1,4}u${hex(unit, 4)}`).join('')
  const bytes = Array.from(Buffer.from(character), byte => `%(?:25)*${hex(byte, 2)}`).join('')
  const inForm = character === ' ' ? '|\\+' : ''
  return `(?:\\\\{0,4}${literal(json)}|${literal(character)}|${unicode}|${bytes}${inForm})`
}

/**
 * The parts of base64 that are the same whatever is before and after the secret, one for each of the three places
 * within a group of characters at which it may begin. The characters at its edges are masked with it.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const parts = [0, 1, 2].map(before => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return text.slice(before === 0 ? 0 : before + 1, Math.floor(((before + bytes.length) * 4) / 3))
  })
  const long = parts.filter(({ length }) => length >= MIN_BASE64)
  return long.map(part => `[\\w+/-]{0,2}${Array.from(part, base64Character).join('')}[\\w+/-]{0,1}(?:=|%3D)*`)
}

/** A character of base64, or what takes its place in a URL and in JSON (RFC 4648, section 5). */
function base64Character(character: string): string {
  if (character === '+') return '(?:[+-]|%2B)'
  if (character === '/') return '(?:\\\\{0,2}/|_|%2F)'
  return character
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
