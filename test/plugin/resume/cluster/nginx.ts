import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Test } from 'tap'
import { startNginx } from '../../../helpers/nginx.js'

const DOCUMENTED = resolve(import.meta.dirname, '../../../../docs/nginx.conf')

/** Starts nginx with `docs/nginx.conf` in front of servers, and stops it after the test. Returns its URL. */
export async function nginx(t: Test, upstreams: readonly number[]): Promise<string> {
  const documented = await readFile(DOCUMENTED, 'utf8')
  return startNginx(t, port => withPorts(documented, port, upstreams))
}

/** The documented configuration, with the ports of a test in the marked lines. */
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
