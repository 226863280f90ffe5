import type { Scenario } from '../scenario.js'
import { answerColumns, measureAnswers } from './answers.js'

export const resumable: Scenario = {
  name: 'resumable',
  about:
    'The same as hot, with streams that can be resumed, whose events are kept in memory, and with plain ones. What their ids alone cost, the limit shows: they make an event three times as long.',
  rivals: ['resumable', 'ours', 'limitNumbered', 'limit'],
  rounds: 5,
  answer: '/hot',
  columns: answerColumns,
  goals: [{ what: 'CPU a token, to a plain stream', of: 'resumable', to: ['ours'], key: 'cpu', atMost: 1.5 }],
  measure: round => measureAnswers(round, '/hot', 1000)
}
