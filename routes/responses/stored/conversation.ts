import type { Message } from '../../contract/message.js'
import { joinText } from '../../contract/readers.js'
import type { AnswerEntry, Entry, ForeignEntry } from '../items.js'

/** An item of the input, and where the client has put it. */
export interface PlacedEntry {
  readonly entry: Entry
  /** Such as `input[0]`. */
  readonly path: string
}

/** A conversation, and what of its items is none of the contract's. */
export interface Conversation {
  readonly messages: Message[]
  /** Where each message begins in the request. */
  readonly paths: string[]
  readonly foreign: unknown[]
}

/**
 * Makes the messages of a conversation of the items of an input. The items of one answer become one message: its
 * reasoning, its text and its calls. Two messages of the model in a row stay two.
 */
export function toConversation(entries: readonly PlacedEntry[]): Conversation {
  const messages: Message[] = []
  const paths: string[] = []
  const foreign: unknown[] = []
  let answer: AnswerEntry[] = []
  let answerPath = ''
  const endAnswer = () => {
    const parts = answer.flatMap(({ parts }) => parts)
    if (answer.length > 0) {
      const extra = answer.find(({ extra }) => extra !== undefined)?.extra
      messages.push({ role: 'assistant', content: joinText(parts), ...(extra !== undefined && { extra }) })
      paths.push(answerPath)
    }
    answer = []
  }
  for (const { entry, path } of entries) {
    if (isForeign(entry)) {
      foreign.push(entry.item)
    } else if (entry.role === 'answer') {
      if (entry.type === 'message' && answer.at(-1)?.type === 'message') endAnswer()
      if (answer.length === 0) answerPath = path
      answer.push(entry)
    } else {
      endAnswer()
      messages.push(entry as Message)
      paths.push(path)
    }
  }
  endAnswer()
  return { messages, paths, foreign }
}

function isForeign(entry: Entry): entry is ForeignEntry {
  return entry.role === 'foreign'
}
