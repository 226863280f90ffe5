import type { AnswerPart, AssistantPart, ContentPart, Finish, Message } from '../../routes/index.js'
import type { Random } from '../helpers/random.js'

const TEXTS = ['Hello', ' and ', 'good\nbye', '👋', '{"a":1}', 'ü']
const INPUTS = ['{}', '{"city":"Bonn"}', '{"a":{"b":[1,"}"]},"c":null}', '{"text":"\\n\\"👋\\""}']

/** An answer as a model might give it: its parts in pieces, those of several calls mixed. */
export function randomAnswer(random: Random): { items: AnswerPart[]; finish: Finish } {
  const items: AnswerPart[] = []
  for (let i = random.below(3); i > 0; i--) items.push({ type: 'reasoning', text: random.pick(TEXTS) })
  for (let i = random.below(4); i > 0; i--) {
    const text = random.pick(TEXTS)
    items.push(random.chance(0.5) ? text : { type: 'text', text })
  }
  const calls = Array.from({ length: random.below(4) }, (_, index) => ({
    id: `call-${index}`,
    name: random.pick(['weather', 'time']),
    rest: random.pick(INPUTS)
  }))
  while (calls.some(({ rest }) => rest !== '')) {
    const call = random.pick(calls.filter(({ rest }) => rest !== ''))
    const length = 1 + random.below(call.rest.length)
    items.push({ type: 'tool-call', id: call.id, name: call.name, arguments: call.rest.slice(0, length) })
    call.rest = call.rest.slice(length)
  }
  const cachedPromptTokens = random.below(5)
  const [promptTokens, completionTokens] = [cachedPromptTokens + random.below(50), random.below(50)]
  const usage = { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens, cachedPromptTokens }
  return { items, finish: { finishReason: calls.length > 0 ? 'tool_calls' : random.pick(['stop', 'length']), usage } }
}

/** A conversation of which every API can say everything. */
export function randomConversation(random: Random): Message[] {
  const messages: Message[] = random.chance(0.5) ? [{ role: 'system', content: random.pick(TEXTS) }] : []
  for (let turn = 1 + random.below(3); turn > 0; turn--) {
    messages.push({ role: 'user', content: randomContent(random) })
    const ids = Array.from({ length: random.below(3) }, (_, index) => `call-${turn}-${index}`)
    messages.push({ role: 'assistant', content: randomAnswered(random, ids) })
    for (const toolCallId of ids) messages.push({ role: 'tool', toolCallId, content: randomContent(random) })
  }
  return messages
}

function randomContent(random: Random): string | ContentPart[] {
  if (random.chance(0.6)) return random.pick(TEXTS)
  return [
    { type: 'text', text: random.pick(TEXTS) },
    random.chance(0.5)
      ? { type: 'image', url: 'https://example.com/a.png' }
      : { type: 'image', url: 'data:image/png;base64,AA==' }
  ]
}

function randomAnswered(random: Random, ids: string[]): string | AssistantPart[] {
  const text = random.pick(TEXTS)
  const reasoning: AssistantPart[] = random.chance(0.3) ? [{ type: 'reasoning', text: random.pick(TEXTS) }] : []
  const calls = ids.map(id => ({ type: 'tool-call' as const, id, name: 'weather', arguments: random.pick(INPUTS) }))
  return reasoning.length + calls.length === 0 ? text : [...reasoning, { type: 'text', text }, ...calls]
}

/** Says a conversation in the words of Anthropic's API. */
export function toAnthropic(messages: readonly Message[]) {
  const system = messages.flatMap(({ role, content }) => (role === 'system' ? [content as string] : []))
  return {
    ...(system.length > 0 && { system: system.join('') }),
    messages: messages.flatMap(message => (message.role === 'system' ? [] : [toAnthropicMessage(message)]))
  }
}

function toAnthropicMessage(message: Exclude<Message, { role: 'system' }>) {
  const content =
    typeof message.content === 'string' ? message.content : message.content.map(part => toAnthropicBlock(part))
  if (message.role !== 'tool') return { role: message.role, content }
  return { role: 'user' as const, content: [{ type: 'tool_result', tool_use_id: message.toolCallId, content }] }
}

function toAnthropicBlock(part: ContentPart | AssistantPart) {
  switch (part.type) {
    case 'image': {
      const [, media_type, data] = /^data:(.+);base64,(.+)$/.exec(part.url) ?? []
      return { type: 'image', source: data ? { type: 'base64', media_type, data } : { type: 'url', url: part.url } }
    }
    case 'reasoning':
      return { type: 'thinking', thinking: part.text, signature: part.signature ?? '' }
    case 'tool-call':
      return { type: 'tool_use', id: part.id, name: part.name, input: JSON.parse(part.arguments) }
    default:
      return { type: 'text', text: (part as { text: string }).text }
  }
}
