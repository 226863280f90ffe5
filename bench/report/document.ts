import { machine } from '../machine.js'
import type { Result } from '../result.js'
import { ahead } from './ahead.js'
import { noteOn } from './notes.js'
import { goals, table } from './table.js'

/** When a run was, and how long it took. */
export interface Run {
  readonly date: Date
  readonly minutes: number
}

/** All results, as the file `docs/benchmarks.md`. */
export function document(results: readonly Result[], { date, minutes }: Run): string {
  const sections = results.map(result => {
    const { name, about } = result.scenario
    return [`## ${name}`, about, table(result), ...ahead(result)].join('\n\n')
  })
  const day = date.toISOString().slice(0, 10)
  const rounds = Math.max(0, ...results.map(({ rounds }) => rounds))
  return `# Benchmarks

Written by \`npm run bench\` on ${day}, in ${Math.ceil(minutes)} minutes. The bench compares fastify-sse-from with
its alternatives, in one run on one machine, with medians of ${rounds} rounds:

${machine()
  .map(line => `- ${line}`)
  .join('\n')}

![CPU and memory of fastify-sse-from and its alternatives](benchmarks.svg)

## Goals

${goals(results)}

${sections.join('\n\n')}

## What changes in Node and Fastify would save

${noteOn('upstream')}

${METHOD}`
}

const METHOD = `## Method

- All servers stream the same source ([bench/source.ts](../bench/source.ts); the Go server has a copy), and are written
  the way their documentation shows ([bench/servers](../bench/servers)). Servers that cannot cancel a source get help.
- The server and the load generator are separate processes, each pinned to a core of its own if there are two. The Go
  server is limited to one core, as Node is.
- CPU is the time the server process spent on its core, kernel included, as \`/proc\` reports it. It is the cost of a
  token, no matter how fast the load generator reads.
- A warm-up round precedes the rounds that count. If the answers of a scenario end, one answer of each server is
  compared with the source, token by token.
- Rounds are interleaved: each round measures all servers in turn, and begins with another one. Figures are medians over
  the rounds.
- The column \`ratio\` compares the first figure with that of the first row: the median of the ratios within each round.
  Whatever disturbs the machine for a while disturbs both sides of a ratio. It can differ from the ratio of the medians.
- Latency is the time from making a token to reading it in the load generator, on the clock that both processes share.
- Memory is the resident memory after a full garbage collection, minus the resident memory before the streams were
  opened. Each round starts a new process.
- \`the limit\` is not a usable server: it has no framework, ignores slow clients and errors, and does not look for line
  ends in tokens. In \`gateway\`, it understands nothing of what it hands on.
- Where an alternative costs less than fastify-sse-from, the section says so, in how many rounds, and why. If it did in
  about half of the rounds, the two cost the same.

## Running the bench

On Linux, after \`npm install\`:

\`\`\`sh
npm run bench                            # every scenario; writes this file and the chart
npm run bench -- hot idle                # some scenarios; prints the tables only
npm run bench -- hot churn --rounds 2    # a quick look
npm run bench -- hot --only ours,limit --rounds 15
\`\`\`

The Go server takes part if \`go\` is installed (on Debian: \`apt-get install golang-go\`).
`
