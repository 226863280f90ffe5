import type { Scenario } from '../scenario.js'
import { answerColumns, measureAnswers } from './answers.js'

export const proxy: Scenario = {
  name: 'proxy',
  about:
    '20 connections ask for answers that come from an OpenAI-compatible server as fast as it can send them: the main job from end to end.',
  rivals: ['proxy', 'proxySdk', 'proxyFastifySse'],
  rounds: 5,
  upstream: true,
  answer: '/stream?prompt=Hello',
  columns: answerColumns,
  goals: [{ what: 'CPU a token, to the best peer', of: 'proxy', to: ['proxyFastifySse'], key: 'cpu', atMost: 1 / 2 }],
  measure: round => measureAnswers(round, '/stream?prompt=Hello', 1500)
}
