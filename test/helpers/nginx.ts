import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort } from './free-port.js'
import { until } from './until.js'

/** Debian installs servers in a folder that only root has in PATH. */
const PATH = `${process.env.PATH}:/usr/sbin`

const ATTEMPTS = 5

/**
 * Starts nginx. It stops after the test.
 *
 * @param http the contents of the `http` block, for a port
 * @returns the URL
 */
export async function startNginx(t: Test, http: (port: number) => string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await freePort()
    await writeFile(join(folder, 'nginx.conf'), config(http(port)))
    if (await start(t, folder)) return `http://127.0.0.1:${port}`
  }
  throw new Error('nginx did not start')
}

/** A single process, run by the current user, with all files in one folder. */
function config(http: string): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${name};`)
  return `
    daemon off;
    master_process off;
    pid nginx.pid;
    error_log stderr;
    events { worker_connections 2048; }
    http {
      access_log off;
      ${folders.join('\n')}
      ${http}
    }
  `
}

/** @returns false if another process has taken the port */
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
  // nginx writes this file once it listens.
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
