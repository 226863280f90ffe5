import type { CollectedAnswer } from '../../plugin/index.js'
import { AnswerParts, finishOf, partOf } from '../../plugin/toolkit.js'
import type { WholeAnswer } from './events.js'

/** The whole answer. What it does not have is left out. */
export function toWholeAnswer({ events, result }: CollectedAnswer): WholeAnswer {
  const answer = new AnswerParts()
  for (const { event, data } of events) {
    answer.add(partOf(event === 'message' ? data : { type: event, ...Object(data) }))
  }
  const finish = finishOf(result)
  answer.finish(finish)
  const reasoning = answer.parts.flatMap(part => (part.type === 'reasoning' ? [withoutType(part)] : []))
  const toolCalls = answer.toolCalls.map(withoutType)
  return {
    text: answer.text,
    ...(reasoning.length > 0 && { reasoning }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...finish
  }
}

function withoutType<T extends { type: string }>({ type: _, ...rest }: T): Omit<T, 'type'> {
  return rest
}
