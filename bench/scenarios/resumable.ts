import type { Scenario } from '../scenario.js'
import { answerColumns, measureAnswers } from './answers.js'

export const resumable: Scenario = {
  name: 'resumable',
  about: `As \`hot\`: resumable streams, whose events are kept in memory, against plain streams. Event ids make an event
three times as long; the two limits show what that alone costs.`,
  contenders: ['resumable', 'ours', 'limitNumbered', 'limit'],
  answer: { path: '/hot' },
  columns: answerColumns,
  goals: [{ what: 'CPU per token, ratio to a plain stream', of: 'resumable', to: ['ours'], key: 'cpu', atMost: 1.25 }],
  measure: round => measureAnswers(round, 1000)
}
