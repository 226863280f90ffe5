import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { scenarios } from '../../bench/scenarios/all.js'

const exec = promisify(execFile)

t.setTimeout(300_000)

t.test('the bench', { skip: existsSync('/proc/self/schedstat') ? false : 'needs Linux' }, async t => {
  const folder = t.testdir()
  const built = join(folder, 'built')
  await exec('node_modules/.bin/tsc', ['-p', 'bench', '--outDir', built])
  const bench = (...args: string[]) => exec(process.execPath, [join(built, 'bench/main.js'), ...args])

  t.test('checks the answer of every server, and compares their costs', async t => {
    const { stdout, stderr } = await bench(
      ...['hot', 'proxy', 'gateway', 'json', 'typed'],
      ...['--effort', '0.02', '--rounds', '1']
    )
    for (const name of ['fastify-sse-from', 'the limit', '@fastify/sse', 'fastify-sse-v2', 'better-sse', 'hono']) {
      t.match(stdout, new RegExp(`^\\| [^|]*${name}[^|]*\\| +[\\d.]+ \\| +[\\d,]+ \\| +[\\d.]+ \\|$`, 'm'), name)
    }
    t.match(stderr, /hot, round 1 of 1/)
  })

  t.test('runs every scenario, and writes the report', async t => {
    const out = join(folder, 'out')
    const only = [
      ...['ours', 'limit', 'nodeHttp', 'h2', 'h2Node', 'h2ReadableFrom', 'h2FastifySse', 'proxy', 'proxyFastifySse'],
      ...['gateway', 'gatewayLimit', 'json', 'objects', 'nodes']
    ]
    await bench('--only', only.join(), '--effort', '0.02', '--rounds', '1', '--out', out)
    const report = readFileSync(join(out, 'benchmarks.md'), 'utf8')
    for (const { name } of scenarios) t.match(report, new RegExp(`^## ${name}$`, 'm'))
    t.match(report, /^\| scale .*\| +0\.000 \| +yes \|$/m, 'no token was lost')
    t.match(readFileSync(join(out, 'benchmarks.svg'), 'utf8'), /<rect [^>]*width="[\d.]+"/)
  })

  t.test('lists the scenarios and contenders when it is asked for an unknown one', async t => {
    const failed = async (...args: string[]) => bench(...args).catch((error: { stderr: string }) => error)
    t.match((await failed('hott')).stderr, /^Unknown scenario: hott\. Choose from: hot, burst/)
    t.match((await failed('hot', '--rounds', 'many')).stderr, /^--rounds takes a number above 0, not many/)
    t.match((await failed('hot', '--only', 'us')).stderr, /^Unknown contender: us\. Choose from: ours/)
  })
})
