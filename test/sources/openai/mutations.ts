import type { Random } from '../../helpers/random.js'

/** A line of a body, and the text that got lost where it was broken. */
interface Line {
  raw: string
  lost: string
}

/** A piece of a chunk with its text in it has one of these, or the end of the choices. */
const TEXT_KEY = /"(delta|message|content|text)"|\}\]/

type Fields = Record<string, unknown>

const VALUES: unknown[] = [42, 0, true, null, 'x', '', [], {}, ['x'], [1, null], { type: 'text', text: 'x' }, -1.5]

/** Drops, splits, repeats or moves lines of a body at random, or gives fields in them values of other types. */
export function mutate(body: string, random: Random): Line[] {
  const lineEnd = body.includes('\r\n') ? '\r\n' : '\n'
  const lines: Line[] = body.split(lineEnd).map(raw => ({ raw, lost: '' }))
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(lines.length)
    const line = lines[at] as Line
    const change = random.pick(['drop', 'split', 'repeat', 'move', 'type', 'type'])
    if (change === 'drop') lines.splice(at, 1)
    if (change === 'repeat') lines.splice(at, 0, ...Array.from({ length: 1 + random.below(3) }, () => line))
    if (change === 'move') lines.splice(random.below(lines.length), 0, ...lines.splice(at, 1))
    if (change === 'split') lines.splice(at, 1, ...split(line, random.below(line.raw.length + 1)))
    if (change === 'type') lines.splice(at, 1, { ...line, raw: withOtherType(line.raw, random) })
    if (lines.length === 0) lines.push({ raw: '', lost: '' })
  }
  return lines
}

function split({ raw, lost }: Line, at: number): Line[] {
  const pieces = [raw.slice(0, at), raw.slice(at)]
  const whole = readLine(raw)
  const isKept =
    typeof whole !== 'object' || pieces.some(piece => JSON.stringify(readLine(piece)) === JSON.stringify(whole))
  return pieces.map(piece => ({ raw: piece, lost: isKept ? lost : raw }))
}

function withOtherType(raw: string, random: Random): string {
  const object = readLine(raw)
  if (typeof object !== 'object') return raw
  const places: [Fields, string][] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const key of Object.keys(value)) {
      places.push([value as Fields, key])
      visit((value as Fields)[key])
    }
  }
  visit(object)
  const [owner, key] = random.pick(places)
  owner[key] = random.pick(VALUES)
  return raw.slice(0, raw.indexOf('{')) + JSON.stringify(object)
}

/** What a line holds: an object, the mark of the end, or nothing. The simplest reader that there can be. */
function readLine(raw: string): Fields | 'mark' | undefined {
  if (/^\s*(data:)?\s*\[DONE\]\s*$/.test(raw)) return 'mark'
  const words = raw.replace(/^\s*(data)?:?/, '').trim()
  try {
    const value = JSON.parse(words)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What has arrived with the lines of a body. */
export interface Expectation {
  text: string
  /** Pieces of the arguments of calls. */
  pieces: string[]
  /** The names of the tools that are called. */
  names: string[]
  /** Why it cannot be told to be whole. */
  loss: string | undefined
}

export function expectationOf(lines: Line[]): Expectation {
  const found: Expectation = { text: '', pieces: [], names: [], loss: undefined }
  let hasEnding = false
  let hasMark = false
  for (const { raw, lost } of joinUnframed(lines)) {
    const value = readLine(raw)
    if (hasEnding && hasMark) break
    // What looks like a comment, or like usage behind the reason, has held no text unless it has a key of one.
    const mayHaveText = hasEnding || raw.startsWith(':') ? TEXT_KEY.test(raw) : /[{}"]/.test(raw)
    if (lost !== '' && mayHaveText) found.loss ??= `a broken line: ${raw}`
    if (value === 'mark') hasMark = true
    if (typeof value !== 'object') continue
    const { choices } = value
    for (const [at, choice] of (Array.isArray(choices) ? choices : [choices]).filter(isFirst).entries()) {
      if (addChoice(found, choice, at > 0)) hasMark = false
      hasEnding ||= isEnding(choice.finish_reason) || isEnding(choice.finishReason)
    }
  }
  return found
}

/** @returns whether the choice goes on with the answer */
function addChoice(found: Expectation, choice: Fields, isFurther: boolean): boolean {
  const { delta, message, text: legacy } = choice
  const said = messageText(delta)
  const isWhole = said === '' && !thinks(delta) && callsIn(delta).length === 0 && (message ?? undefined) !== undefined
  const part = said || (isWhole ? '' : contentText(legacy))
  const before = found.text
  if (isWhole) addWhole(found, messageText(message), isFurther)
  found.text += part
  const calls = [delta, message, choice].map(callsIn).find(({ length }) => length > 0) ?? []
  for (const { function: called } of calls) {
    if (!isFields(called)) continue
    if (typeof called.arguments === 'string' && called.arguments !== '') found.pieces.push(called.arguments)
    if (typeof called.name === 'string' && called.name !== '') found.names.push(called.name)
  }
  return found.text !== before || calls.length > 0 || thinks(delta)
}

function addWhole(found: Expectation, whole: string, isFurther: boolean): void {
  if (isFurther) found.text += whole
  else if (whole.startsWith(found.text)) found.text = whole
  else if (whole.trim().length > found.text.trim().length) found.loss ??= `a message with more in it: ${whole}`
}

function callsIn(holder: unknown): Fields[] {
  const { tool_calls: calls } = isFields(holder) ? holder : {}
  return (Array.isArray(calls) ? calls : [calls]).filter(isFields)
}

function thinks(delta: unknown): boolean {
  if (!isFields(delta)) return false
  const { reasoning_content: one, reasoning: two, reasoning_details: three, content } = delta
  return [one, two, three].some(value => /[a-z0-9]/i.test(contentText(value))) || /"think/.test(JSON.stringify(content))
}

/** Lines without framing that are one object together are as good as one line. */
function joinUnframed(lines: Line[]): Line[] {
  const joined: Line[] = []
  for (let at = 0; at < lines.length; at++) {
    let raw = lines[at]?.raw ?? ''
    let end = at
    while (/^\s*\{/.test(raw) && readLine(raw) === undefined && ++end < lines.length) raw += `\n${lines[end]?.raw}`
    if (end > at && end < lines.length) {
      joined.push({ raw, lost: '' })
      at = end
    } else joined.push(lines[at] as Line)
  }
  return joined
}

function isFirst(choice: unknown): choice is Fields {
  return isFields(choice) && !(typeof choice.index === 'number' && choice.index > 0)
}

function isEnding(reason: unknown): boolean {
  return isFields(reason) ? typeof reason.type === 'string' : !Array.isArray(reason) && Boolean(reason)
}

function messageText(message: unknown): string {
  if (isFields(message)) return contentText(message.content) + contentText(message.refusal)
  return typeof message === 'string' || Array.isArray(message) ? contentText(message) : ''
}

function contentText(content: unknown): string {
  if (content === null || content === undefined) return ''
  if (Array.isArray(content)) return content.map(contentText).join('')
  if (!isFields(content)) return String(content)
  return /think/.test(String(content.type)) ? '' : contentText(content.text ?? content.content)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
