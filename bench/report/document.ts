import { machine } from '../machine.js'
import type { Result } from '../result.js'
import { goals, table } from './table.js'

/** All results, as the file `docs/benchmarks.md`. */
export function document(results: readonly Result[], date: Date): string {
  const sections = results.map(result => {
    const { name, about } = result.scenario
    return `## ${name}\n\n${about}\n\n${table(result)}`
  })
  const day = date.toISOString().slice(0, 10)
  return `# Benchmarks

Written by \`npm run bench\` on ${day}. The bench compares fastify-sse-from with its alternatives, in one run on
one machine:

${machine()
  .map(line => `- ${line}`)
  .join('\n')}

![CPU and memory of fastify-sse-from and its alternatives](benchmarks.svg)

## Goals

${goals(results)}

${sections.join('\n\n')}

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
- Rounds are interleaved: each round measures all servers in turn. Figures are medians over the rounds.
- The column \`ratio\` compares the first figure with that of the first row: the median of the ratios within each round.
  Whatever disturbs the machine for a while disturbs both sides of a ratio. It can differ from the ratio of the medians.
- Latency is the time from making a token to reading it in the load generator, on the clock that both processes share.
- Memory is the resident memory after a full garbage collection, minus the resident memory before the streams were
  opened. Each round starts a new process.
- \`the limit\` is not a usable server: it has no framework, ignores slow clients and errors, and does not look for line
  ends in tokens.

## Running the bench

On Linux, after \`npm install\`:

\`\`\`sh
npm run bench              # every scenario; takes about ten minutes, writes this file and the chart
npm run bench -- hot idle  # some scenarios; prints the tables only
npm run bench -- hot --only ours,limit --rounds 15
\`\`\`

The Go server takes part if \`go\` is installed (on Debian: \`apt-get install golang-go\`).
`
