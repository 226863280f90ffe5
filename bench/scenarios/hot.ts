import { everybody } from '../contenders.js'
import type { Scenario } from '../scenario.js'
import { answerColumns, measureAnswers } from './answers.js'
import { peers } from './peers.js'

export const hot: Scenario = {
  name: 'hot',
  about:
    '20 connections ask for answers of 1000 tokens that are always ready: what a token costs when the source is not the limit.',
  rivals: everybody,
  rounds: 6,
  answer: '/hot',
  columns: answerColumns,
  goals: [
    { what: 'CPU a token, to the limit', of: 'ours', to: ['limit'], key: 'cpu', atMost: 1.25 },
    { what: 'CPU a token, to the best peer', of: 'ours', to: peers(everybody), key: 'cpu', atMost: 1 / 5 },
    { what: 'CPU a token, to the Go server', of: 'ours', to: ['go'], key: 'cpu', atMost: 1 / 10 }
  ],
  measure: round => measureAnswers(round, '/hot', 1000)
}
