import type { Scenario } from '../scenario.js'
import { answerColumns, measureAnswers } from './answers.js'

export const typed: Scenario = {
  name: 'typed',
  about:
    'The same as hot, with a schema, which checks every event and writes it with a compiled serializer, and without one, which writes objects with `JSON.stringify`.',
  rivals: ['objects', 'objectsTyped', 'text', 'textTyped'],
  rounds: 5,
  answer: '/hot',
  columns: answerColumns,
  goals: [
    { what: 'CPU an object with a schema, to one without', of: 'objectsTyped', to: ['objects'], key: 'cpu', atMost: 1 }
  ],
  measure: round => measureAnswers(round, '/hot', 1000)
}
