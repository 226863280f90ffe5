import { createInterface } from 'node:readline'
import { answers } from './answers.js'
import type { JobRequest, Jobs } from './jobs.js'
import { reattach } from './reattach.js'
import { close, comments, follow, listen, open } from './streams.js'
import { visits } from './visits.js'

/** The process that asks the servers. It is told what to do by a line of JSON, and says by another what it has seen. */
const jobs: { [Name in keyof Jobs]: (takes: Jobs[Name]['takes']) => Promise<Jobs[Name]['gives']> } = {
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
  const { name, takes } = JSON.parse(line) as JobRequest
  console.log(JSON.stringify((await jobs[name](takes as never)) ?? null))
})
lines.on('close', () => process.exit())
