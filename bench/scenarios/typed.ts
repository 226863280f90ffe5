import type { Scenario } from '../scenario.js'
import { answerColumns, measureAnswers } from './answers.js'

export const typed: Scenario = {
  name: 'typed',
  about: `As \`hot\`: with a schema, which checks every event and writes it with a compiled serializer, against no
schema, where \`JSON.stringify\` writes objects.`,
  contenders: ['objects', 'objectsTyped', 'text', 'textTyped'],
  answer: { path: '/hot' },
  columns: answerColumns,
  goals: [
    {
      what: 'CPU per object, ratio of a typed route to no schema',
      of: 'objectsTyped',
      to: ['objects'],
      key: 'cpu',
      atMost: 1
    }
  ],
  measure: round => measureAnswers(round, 1000)
}
