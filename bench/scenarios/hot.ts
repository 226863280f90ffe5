import { general, peers } from '../contenders.js'
import type { Scenario } from '../scenario.js'
import { answerColumns, measureAnswers } from './answers.js'

export const hot: Scenario = {
  name: 'hot',
  about: `20 connections ask for answers of 1000 tokens, all ready at once: the cost of a token if the source is not the
bottleneck.`,
  contenders: general,
  answer: { path: '/hot' },
  columns: answerColumns,
  goals: [
    { what: 'CPU per token, ratio to the limit', of: 'ours', to: ['limit'], key: 'cpu', atMost: 1.25 },
    { what: 'CPU per token, ratio to the best peer', of: 'ours', to: peers, key: 'cpu', atMost: 1 / 5 },
    { what: 'CPU per token, ratio to the Go server', of: 'ours', to: ['go'], key: 'cpu', atMost: 1 / 10 }
  ],
  measure: round => measureAnswers(round, 1000)
}
