import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { until } from '../helpers/until.js'

/** Debian keeps servers where only root's PATH looks. */
const PATH = `${process.env.PATH}:/usr/sbin`

const ATTEMPTS = 5

/** Starts nginx in front of a server, with the settings it has by default. It stops after the test. Returns its URL. */
export async function nginx(t: Test, upstream: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await freePort()
    await writeFile(join(folder, 'nginx.conf'), config(port, upstream))
    if (await start(t, folder)) return `http://127.0.0.1:${port}`
  }
  throw new Error('nginx does not start')
}

/** One process, as the user who runs the tests, with all its files in its own folder. */
function config(port: number, upstream: number): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${name};`)
  return `
    daemon off;
    master_process off;
    pid nginx.pid;
    error_log stderr;
    events {}
    http {
      access_log off;
      ${folders.join('\n')}
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://127.0.0.1:${upstream};
        }
      }
    }
  `
}

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
