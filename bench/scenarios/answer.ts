import { general, peers } from '../contenders.js'
import type { Scenario } from '../scenario.js'
import { measureAnswers } from './answers.js'

export const answer: Scenario = {
  name: 'answer',
  about: '20 connections ask for answers of one token: the cost of a stream that begins and ends.',
  contenders: general,
  answer: { path: '/one', tokens: 1 },
  columns: [
    { key: 'cpu', heading: 'CPU per answer, µs', digits: 1 },
    { key: 'rate', heading: 'answers per second', digits: 0 }
  ],
  goals: [
    { what: 'CPU per answer, ratio to `node:http`', of: 'ours', to: ['nodeHttp'], key: 'cpu', atMost: 1.5 },
    { what: 'CPU per answer, ratio to the best peer', of: 'ours', to: peers, key: 'cpu', atMost: 1 }
  ],
  measure: round => measureAnswers(round, 1000)
}
