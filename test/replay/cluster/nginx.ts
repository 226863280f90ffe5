import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Test } from 'tap'
import { until } from '../../helpers/until.js'

/** Debian keeps servers where only root's PATH looks. */
const PATH = `${process.env.PATH}:/usr/sbin`

const ATTEMPTS = 5
const DOCUMENTED = resolve(import.meta.dirname, '../../../docs/nginx.conf')

/** Starts nginx as `docs/nginx.conf` has it in front of servers. It stops after the test. Returns its URL. */
export async function nginx(t: Test, upstreams: readonly number[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const documented = await readFile(DOCUMENTED, 'utf8')
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await freePort()
    await writeFile(join(folder, 'sse.conf'), withPorts(documented, port, upstreams))
    await writeFile(join(folder, 'nginx.conf'), MAIN)
    if (await start(t, folder)) return `http://127.0.0.1:${port}`
  }
  throw new Error('nginx does not start')
}

/** The documented file with the ports of a test in the lines that are marked for that. */
function withPorts(documented: string, port: number, upstreams: readonly number[]): string {
  const lines = documented.split('\n')
  const isNode = (line: string) => line.endsWith('# node')
  const isListen = (line: string) => line.endsWith('# listen')
  const nodes = lines.filter(isNode)
  if (nodes.length !== upstreams.length || lines.filter(isListen).length !== 1) {
    throw new Error('docs/nginx.conf has not the marked lines that the tests fill in')
  }
  let next = 0
  return lines
    .map(line => {
      if (isNode(line)) return line.replace(/(?<=server )\S+(?=[ ;])/, `127.0.0.1:${upstreams[next++]}`)
      return isListen(line) ? `listen 127.0.0.1:${port};` : line
    })
    .join('\n')
}

/** One process, as the user who runs the tests, with all its files in its own folder. */
const MAIN = `
  daemon off;
  master_process off;
  pid nginx.pid;
  error_log stderr;
  events { worker_connections 2048; }
  http {
    access_log off;
    ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${name};`).join('\n')}
    include sse.conf;
  }
`

/** Whether it runs: another process may have taken the port meanwhile. */
async function start(t: Test, folder: string): Promise<boolean> {
  const child = spawn('nginx', ['-e', 'stderr', '-p', folder, '-c', 'nginx.conf'], {
    env: { ...process.env, PATH },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let log = ''
  child.stderr.on('data', chunk => {
    log += chunk
  })
  const exit = once(child, 'exit')
  const hasExited = () => child.exitCode !== null || child.signalCode !== null
  // It writes this file once it listens.
  await until('nginx', () => hasExited() || existsSync(join(folder, 'nginx.pid')))
  if (hasExited()) {
    t.comment(log)
    return false
  }
  t.teardown(async () => {
    child.kill()
    await exit
  })
  return true
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
