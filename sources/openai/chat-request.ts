import type { AssistantPart, ContentPart, GenerateRequest, Message, Tool } from '../../routes/generate.js'
import type { Settings } from './options.js'

type Fields = Record<string, unknown>

/** The newer name of the limit of tokens, which OpenAI's own models require and most other servers do not know. */
const OWN_HOSTS = /(^|\.)openai\.(com|azure\.com)$/

/**
 * Says in the words of OpenAI's chat completions what `generate` is asked. What is `undefined` stays out of the JSON.
 *
 * `extra` is passed on if the client speaks the same API, since its names are those of that API.
 */
export function toChatRequest(asked: GenerateRequest, { model, endpoint }: Settings): Fields {
  const isSame = asked.api === undefined || asked.api === 'chat-completions'
  const limit = OWN_HOSTS.test(new URL(endpoint.url).hostname) ? 'max_completion_tokens' : 'max_tokens'
  return {
    ...(isSame && asked.extra),
    model: model(asked.model),
    messages: asked.messages.map(message => toChatMessage(message, isSame)),
    ...toTools(asked, isSame),
    response_format: toResponseFormat(asked.responseFormat),
    temperature: asked.temperature,
    top_p: asked.topP,
    [limit]: asked.maxTokens,
    stop: asked.stop,
    seed: asked.seed,
    presence_penalty: asked.presencePenalty,
    frequency_penalty: asked.frequencyPenalty,
    reasoning_effort: asked.reasoningEffort,
    user: asked.user,
    metadata: asked.metadata
  }
}

function toChatMessage(message: Message, isSame: boolean): Fields {
  const extra = isSame ? message.extra : undefined
  switch (message.role) {
    case 'tool':
      return { ...extra, role: 'tool', tool_call_id: message.toolCallId, content: toContent(message.content, isSame) }
    case 'assistant':
      return { ...extra, role: 'assistant', name: message.name, ...toAnswer(message.content, isSame) }
    case 'system':
      return { ...extra, role: 'system', name: message.name, content: toSystemContent(message.content, extra?.content) }
    case 'user':
      return { ...extra, role: 'user', name: message.name, content: toContent(message.content, isSame) }
  }
}

/** The content as the client has sent it, if it has more than text. It may have been changed since. */
function toSystemContent(text: string, sent: unknown): unknown {
  const parts: { text?: unknown }[] = Array.isArray(sent) ? sent : []
  return parts.length > 0 && parts.map(part => part.text).join('') === text ? parts : text
}

function toContent(content: string | ContentPart[], isSame: boolean): unknown {
  if (typeof content === 'string') return content
  return content.map(part => ({ ...(isSame && part.extra), ...toChatPart(part) }))
}

function toChatPart(part: ContentPart): Fields {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image':
      return { type: 'image_url', image_url: { url: part.url, detail: part.detail } }
    case 'audio':
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format } }
    case 'file':
      return { type: 'file', file: { file_data: part.url, file_id: part.id, filename: part.name } }
  }
}

/** The fields of an earlier answer. */
function toAnswer(content: string | AssistantPart[], isSame: boolean): Fields {
  if (typeof content === 'string') return { content }
  const texts = content.flatMap(part => (part.type === 'text' ? [part] : []))
  const hasMore = isSame && texts.some(({ extra }) => extra !== undefined)
  const calls = content.flatMap(part => (part.type === 'tool-call' ? [part] : []))
  const textOf = (type: 'text' | 'reasoning' | 'refusal') =>
    content.map(part => (part.type === type && 'text' in part ? part.text : '')).join('')
  return {
    content: hasMore ? toContent(texts, isSame) : textOf('text') || null,
    reasoning_content: textOf('reasoning') || undefined,
    refusal: textOf('refusal') || undefined,
    tool_calls: calls.length === 0 ? undefined : calls.map(call => toChatCall(call, isSame))
  }
}

type ToolCall = Extract<AssistantPart, { type: 'tool-call' }>

function toChatCall({ id, name, arguments: args, extra }: ToolCall, isSame: boolean): Fields {
  return { ...(isSame && extra), id, type: 'function', function: { name, arguments: args } }
}

/** Providers refuse what is said about tools if there are none. */
function toTools({ tools = [], toolChoice, parallelToolCalls }: GenerateRequest, isSame: boolean): Fields {
  if (tools.length === 0) return {}
  return {
    tools: tools.map(tool => toChatTool(tool, isSame)),
    tool_choice: toToolChoice(toolChoice),
    parallel_tool_calls: parallelToolCalls
  }
}

function toChatTool({ extra, ...tool }: Tool, isSame: boolean): Fields {
  return { ...(isSame && extra), type: 'function', function: tool }
}

function toToolChoice(choice: GenerateRequest['toolChoice']): unknown {
  return typeof choice === 'object' ? { type: 'function', function: { name: choice.tool } } : choice
}

/** A schema needs a name there. */
function toResponseFormat(format: GenerateRequest['responseFormat']): unknown {
  if (format?.type !== 'json') return format
  const { type: _, schema, name = 'answer', ...rest } = format
  return schema === undefined
    ? { type: 'json_object' }
    : { type: 'json_schema', json_schema: { name, schema, ...rest } }
}
