import { Fields, given } from '../contract/fields.js'
import type { Message, ToolMessage } from '../contract/message.js'
import { CONTENT, joinText, readParts, withExtra } from '../contract/readers.js'
import { AnswerReader, type ReadMessage } from './answer.js'
import { readPart } from './parts.js'

const ROLES = '"developer", "system", "user", "assistant", "reasoning", "tool" or "activity"'

/**
 * Reads the messages of a thread. What shows the progress of an agent to people (`activity`) is not for the model.
 */
export function readMessages(list: readonly unknown[]): ReadMessage[] {
  const read: ReadMessage[] = []
  const answer = new AnswerReader()
  for (const [index, value] of list.entries()) {
    const origin = `messages[${index}]`
    const message = new Fields(value, origin, 'an object with role and content')
    const role = message.any('role')
    message.drop('id')
    if (role === 'activity') continue
    if (role === 'reasoning') answer.addReasoning(message, origin)
    else if (role === 'assistant') read.push(...answer.add(message, origin))
    else read.push(...answer.end(), { message: readInput(message, role), origin })
  }
  return [...read, ...answer.end()]
}

/** `developer` is OpenAI's newer word for `system`. */
function readInput(message: Fields, role: unknown): Message {
  switch (role) {
    case 'developer':
    case 'system': {
      const content = message.required('content', message.string('content'), 'a string')
      return given({ role: 'system' as const, content, name: message.string('name'), extra: message.extra() })
    }
    case 'user': {
      const content = readContent(message)
      return given({ role: 'user' as const, content, name: message.string('name'), extra: message.extra() })
    }
    case 'tool':
      return readTool(message)
    default:
      throw message.invalid('role', `takes ${ROLES}`)
  }
}

/** A tool that has failed says so beside its content. If that says nothing, the error is what the model is told. */
function readTool(message: Fields): ToolMessage {
  const id = message.string('toolCallId') || undefined
  const toolCallId = message.required('toolCallId', id, 'a string that is not empty')
  const content = readContent(message)
  const error = message.string('error') || undefined
  if (error === undefined) return withExtra({ role: 'tool', toolCallId, content }, message.extra())
  const failed = { role: 'tool' as const, toolCallId, content: content === '' ? error : content, isError: true }
  return withExtra(failed, { ...message.extra(), error })
}

function readContent(message: Fields) {
  const content = message.required('content', message.any('content'), CONTENT)
  return typeof content === 'string' ? content : joinText(readParts(message, 'content').map(readPart))
}
