import { machine } from '../machine.js'
import type { Result } from '../result.js'
import { goals, table } from './table.js'

/** All that was measured, as the file `docs/benchmarks.md`. */
export function document(results: readonly Result[], date: Date): string {
  const sections = results.map(result => `## ${result.work.name}\n\n${result.work.about}\n\n${table(result)}`)
  return `# Benchmarks

Written by \`npm run bench\` on ${date.toISOString().slice(0, 10)}. It measures fastify-sse-from beside what one would use
in its place, in one run, on one machine:

${machine()
  .map(line => `- ${line}`)
  .join('\n')}

![CPU and memory of fastify-sse-from and others](benchmarks.svg)

## What is to be reached

${goals(results)}

${sections.join('\n\n')}

## How it is measured

- All servers stream the same source ([bench/source.ts](../bench/source.ts); the Go server has its own copy), each as its
  documentation shows ([bench/servers](../bench/servers)). Those that cannot cancel a source are helped to.
- Server and load are processes of their own, each on a core of its own where there are two. Go has one core as Node does.
- CPU is the time that the process of the server had on its core, kernel included, as \`/proc\` tells. It is what a token
  costs, however fast the load asks.
- Before a work counts, each server does it once to warm up. Where answers end, one is compared with the source, token by
  token.
- Rounds are interleaved: each has every server once, one after the other. A figure is the median of its rounds; a ratio
  is the median of the ratios within each round, so that what disturbs the machine for a while disturbs both sides. It
  need not be the ratio of the medians.
- Latency is from the moment a token is made to the moment the load has read it, on the clock that both processes share.
- Memory is what the process holds (resident) after a full garbage collection, less what it held before the streams were
  opened, in a new process for each round.
- \`the limit\` is no server that one could use: it has no framework, never waits for a slow client, knows no errors, and
  does not look for line ends in what it sends.

## To run it again

On Linux, with \`npm install\` done:

\`\`\`sh
npm run bench              # all of it, in less than ten minutes; writes this file and the picture
npm run bench -- hot idle  # some of it; prints the tables only
npm run bench -- hot --only ours,limit --rounds 15
\`\`\`

The Go server is built where \`go\` is installed (on Debian: \`apt-get install golang-go\`), and left out where it is not.
`
}
