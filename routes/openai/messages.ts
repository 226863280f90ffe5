import { type AssistantPart, type ContentPart, MEDIA_URL } from '../contract/content.js'
import { Fields, given } from '../contract/fields.js'
import type { AssistantMessage, Message, SystemMessage, ToolMessage, UserMessage } from '../contract/message.js'
import {
  CONTENT,
  joinText,
  readAudioPart,
  readFileData,
  readParts,
  readSystemText,
  readTextPart,
  withExtra
} from '../contract/readers.js'

const ROLES = '"developer", "system", "user", "assistant" or "tool"'

/** Reads a message of a chat completion. `developer` is OpenAI's newer word for `system`. */
export function readMessage(value: unknown, path: string): Message {
  const message = new Fields(value, path, 'an object with role and content')
  switch (message.any('role')) {
    case 'system':
    case 'developer':
      return readSystem(message)
    case 'user':
      return readUser(message)
    case 'assistant':
      return readAssistant(message)
    case 'tool':
      return readTool(message, readToolCallId(message))
    case 'function':
      return readTool(message, message.required('name', message.string('name') || undefined, 'the name of a function'))
    default:
      throw message.invalid('role', `takes ${ROLES}`)
  }
}

/** A system message is text. What its parts have beyond that, such as `cache_control`, is kept with them as `extra`. */
function readSystem(message: Fields): SystemMessage {
  const { text, more } = readSystemText(message, 'content', part =>
    part.any('type') === 'text' ? part.string('text') : undefined
  )
  const name = message.string('name')
  return withExtra(given({ role: 'system' as const, content: text, name }), { ...message.extra(), ...more })
}

function readUser(message: Fields): UserMessage {
  message.required('content', message.any('content'), CONTENT)
  const content = readContent(message)
  return given({ role: 'user' as const, content, name: message.string('name'), extra: message.extra() })
}

/** Some servers give calls no id. Then their name is it, as for the call itself. */
function readToolCallId(message: Fields): string {
  const id = message.string('tool_call_id')
  const called = id === '' ? message.string('name') : id
  return message.required('tool_call_id', called || undefined, 'the id of a tool call')
}

function readTool(message: Fields, toolCallId: string): ToolMessage {
  const content = readContent(message)
  message.drop('name')
  return given({ role: 'tool' as const, toolCallId, content, extra: message.extra() })
}

/** The content of a message is text and refusals. The reasoning comes before it, and the calls of tools after it. */
function readAssistant(message: Fields): AssistantMessage {
  const parts = [...readReasoning(message), ...readAnswer(message), ...readToolCalls(message)]
  // Only answers have them. A client posts an answer back as it is.
  message.drop('annotations')
  return given({
    role: 'assistant' as const,
    content: joinText(parts),
    name: message.string('name'),
    extra: message.extra()
  })
}

function readReasoning(message: Fields): AssistantPart[] {
  const reasoning = message.any('reasoning_content') ?? message.any('reasoning')
  message.drop('reasoning')
  return typeof reasoning === 'string' && reasoning !== '' ? [{ type: 'reasoning', text: reasoning }] : []
}

function readAnswer(message: Fields): AssistantPart[] {
  const refusal = message.string('refusal') ?? ''
  const refused: AssistantPart[] = refusal === '' ? [] : [{ type: 'refusal', text: refusal }]
  const content = message.any('content')
  if (typeof content === 'string') return content === '' ? refused : [{ type: 'text', text: content }, ...refused]
  if (content === undefined) return refused
  const parts = readParts(message, 'content').map((part): AssistantPart => {
    switch (part.any('type')) {
      case 'text':
        return readTextPart(part)
      case 'refusal':
        return { type: 'refusal', text: part.required('refusal', part.string('refusal'), 'a string') }
      default:
        throw part.invalid('type', 'takes "text" or "refusal"')
    }
  })
  return [...parts, ...refused]
}

function readToolCalls(message: Fields): AssistantPart[] {
  const calls = (message.list('tool_calls') ?? []).map((value, index) => {
    const call = new Fields(value, `${message.pathOf('tool_calls')}[${index}]`)
    const called = call.required('function', call.fields('function'), 'an object with name and arguments')
    const id = call.required('id', call.string('id'), 'a string')
    // The chunks of an answer number its calls, and some clients keep that.
    call.drop('type', 'index')
    return given({ ...toToolCall(id, called), extra: call.extra() })
  })
  const older = message.fields('function_call')
  return older === undefined ? calls : [...calls, toToolCall('', older)]
}

/** Some clients send the arguments as an object. */
function toToolCall(id: string, called: Fields) {
  const name = called.required('name', called.string('name') || undefined, 'the name of a tool')
  const args = called.any('arguments') ?? ''
  return {
    type: 'tool-call' as const,
    id: id || name,
    name,
    arguments: typeof args === 'string' ? args : JSON.stringify(args)
  }
}

function readContent(message: Fields): string | ContentPart[] {
  const content = message.any('content') ?? ''
  if (typeof content === 'string') return content
  return joinText(readParts(message, 'content').map(readPart))
}

function readPart(part: Fields): ContentPart {
  switch (part.any('type')) {
    case 'text':
      return readTextPart(part)
    case 'image_url': {
      const image = imageOf(part)
      return given({
        type: 'image' as const,
        url: image.required('url', image.url('url'), MEDIA_URL),
        detail: image.string('detail'),
        extra: part.extra()
      })
    }
    case 'input_audio':
      return readAudioPart(part)
    case 'file': {
      const file = part.required('file', part.fields('file'), 'an object with file_data or file_id')
      const url = readFileData(file)
      const id = file.string('file_id') || undefined
      return given({
        type: 'file' as const,
        url: id === undefined ? file.required('file_data', url, MEDIA_URL) : url,
        id,
        name: file.string('filename'),
        extra: part.extra()
      })
    }
    default:
      throw part.invalid('type', 'takes "text", "image_url", "input_audio" or "file"')
  }
}

/** Some clients send the URL itself. */
function imageOf(part: Fields): Fields {
  const image = part.required('image_url', part.any('image_url'), 'an object with url')
  return new Fields(typeof image === 'string' ? { url: image } : image, part.pathOf('image_url'), 'an object with url')
}
