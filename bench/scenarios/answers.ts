import { tokensOf } from '../request.js'
import { type Column, cpuOf, type Round, type Sample, share } from '../scenario.js'

/** The figures of scenarios that ask for answers of 1000 tokens, on 20 connections. */
export const answerColumns: readonly Column[] = [
  { key: 'cpu', heading: 'CPU per token, µs', digits: 2 },
  { key: 'rate', heading: 'tokens per second', digits: 0 }
]

export async function measureAnswers({ server, load, effort, answer }: Round, ms: number): Promise<Sample> {
  if (answer === undefined) throw new Error('the scenario does not say what it asks for')
  const job = { port: server.port, request: answer, connections: 20, ms: share(ms, effort) }
  const [cpu, { answers, seconds }] = await cpuOf(server, () => load.do('answers', job))
  const tokens = answers * tokensOf(answer)
  return { cpu: (cpu / tokens) * 1e6, rate: tokens / seconds }
}
