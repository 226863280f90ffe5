import type { Scenario } from '../scenario.js'
import { answerColumns, measureAnswers } from './answers.js'

export const proxy: Scenario = {
  name: 'proxy',
  about: `20 connections ask for answers, which an OpenAI-compatible server sends as fast as it can: the main use, end
to end.`,
  contenders: ['proxy', 'proxySdk', 'proxyFastifySse'],
  upstream: true,
  answer: { path: '/stream?prompt=Hello' },
  columns: answerColumns,
  goals: [
    { what: 'CPU per token, ratio to @fastify/sse', of: 'proxy', to: ['proxyFastifySse'], key: 'cpu', atMost: 1 / 4 }
  ],
  measure: round => measureAnswers(round, 1500)
}
