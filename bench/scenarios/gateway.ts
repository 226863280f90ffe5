import type { Scenario } from '../scenario.js'
import { answerColumns, measureAnswers } from './answers.js'

export const gateway: Scenario = {
  name: 'gateway',
  about: `20 connections ask for chat completions, which an OpenAI-compatible server sends as fast as it can, and get
chat completions: a gateway that reads every chunk, and writes it anew.`,
  contenders: ['gateway', 'gatewayLimit', 'gatewayFastifySse'],
  upstream: true,
  answer: {
    path: '/v1/chat/completions',
    body: { model: 'model', messages: [{ role: 'user', content: 'Hello' }], stream: true }
  },
  columns: answerColumns,
  goals: [
    { what: 'CPU per token, ratio to @fastify/sse', of: 'gateway', to: ['gatewayFastifySse'], key: 'cpu', atMost: 1 }
  ],
  measure: round => measureAnswers(round, 1500)
}
