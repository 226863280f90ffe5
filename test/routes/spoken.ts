import type { AssistantPart, ContentPart, Message } from '../../routes/index.js'

/** Says a conversation in the words of the Responses API. */
export function toResponses(messages: readonly Message[]): object[] {
  return messages.flatMap((message): object[] => {
    switch (message.role) {
      case 'tool':
        return [{ type: 'function_call_output', call_id: message.toolCallId, output: toInput(message.content) }]
      case 'assistant':
        return typeof message.content === 'string' ? [toItem(textPart(message.content))] : message.content.map(toItem)
      default:
        return [{ role: message.role, content: toInput(message.content) }]
    }
  })
}

function textPart(text: string) {
  return { type: 'text' as const, text }
}

function toInput(content: string | ContentPart[]): unknown {
  if (typeof content === 'string') return content
  return content.map(part =>
    part.type === 'image'
      ? { type: 'input_image', image_url: part.url }
      : { type: 'input_text', text: (part as { text: string }).text }
  )
}

function toItem(part: AssistantPart): object {
  switch (part.type) {
    case 'reasoning':
      return { type: 'reasoning', summary: [{ type: 'summary_text', text: part.text }] }
    case 'tool-call':
      return { type: 'function_call', call_id: part.id, name: part.name, arguments: part.arguments }
    default:
      return {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: part.text, annotations: [] }]
      }
  }
}

interface UiMessage {
  id: string
  role: string
  parts: object[]
}

/** Says a conversation in the messages of `useChat`, where the results of tools are in the answer that calls them. */
export function toUiMessages(messages: readonly Message[]): UiMessage[] {
  const results = new Map(
    messages.flatMap(message => (message.role === 'tool' ? [[message.toolCallId, message.content] as const] : []))
  )
  return messages
    .filter(({ role }) => role !== 'tool')
    .map(({ role, content }, index) => ({
      id: String(index),
      role,
      parts: typeof content === 'string' ? [textPart(content)] : content.map(part => toUiPart(part, results))
    }))
}

function toUiPart(part: ContentPart | AssistantPart, results: ReadonlyMap<string, unknown>): object {
  switch (part.type) {
    case 'image':
      return { type: 'file', mediaType: 'image/png', url: part.url }
    case 'tool-call': {
      const { id: toolCallId, name, arguments: args } = part
      const output = results.get(toolCallId)
      return { type: `tool-${name}`, toolCallId, state: 'output-available', input: JSON.parse(args), output }
    }
    default:
      return part
  }
}

/** A conversation whose tools give text alone, as in the messages of `useChat` they give JSON. */
export function withTextResults(messages: readonly Message[]): Message[] {
  return messages.map(message =>
    message.role === 'tool' ? { ...message, content: JSON.stringify(message.content) } : message
  )
}
