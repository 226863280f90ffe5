import type { Scenario } from '../scenario.js'
import { answerColumns, measureAnswers } from './answers.js'

export const json: Scenario = {
  name: 'json',
  about: `As \`hot\`, for clients that take whole answers as JSON: the \`json\` of a stream and the ready routes,
against a handler of Fastify that collects the tokens and returns an object.`,
  contenders: ['json', 'jsonStream', 'jsonChat', 'jsonFastify'],
  answer: { path: '/hot', accept: 'application/json' },
  columns: answerColumns,
  goals: [
    { what: 'CPU per token, ratio to a handler of Fastify', of: 'json', to: ['jsonFastify'], key: 'cpu', atMost: 1 }
  ],
  measure: round => measureAnswers(round, 1000)
}
