import { createInterface } from 'node:readline'
import { answers } from './answers.js'
import type { JobRequest, Jobs } from './jobs.js'
import { reattach } from './reattach.js'
import { close, comments, follow, listen, open } from './streams.js'
import { visits } from './visits.js'

/** The load generator. It reads jobs from stdin and writes their results to stdout, each as a line of JSON. */
const jobs: { [Name in keyof Jobs]: (params: Jobs[Name]['params']) => Promise<Jobs[Name]['result']> } = {
  answers,
  open,
  listen,
  follow,
  comments,
  close,
  reattach,
  visits
}

const lines = createInterface({ input: process.stdin })
lines.on('line', async line => {
  const { name, params } = JSON.parse(line) as JobRequest
  console.log(JSON.stringify((await jobs[name](params as never)) ?? null))
})
lines.on('close', () => process.exit())
