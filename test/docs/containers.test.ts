import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { buildApp } from '../../server/app.js'
import { closeTimes, readEnvironment } from '../../server/environment.js'
import { root } from '../helpers/markdown.js'
import { missing } from './commands.js'

const read = (file: string) => readFileSync(join(root, file), 'utf8')

interface Service {
  image?: string
  build?: string
  command?: string[]
  environment?: Record<string, string | number>
  depends_on?: string[]
  ports?: string[]
  volumes?: string[]
  stop_grace_period?: string
  networks: string[] | Record<string, { ipv4_address: string }>
}

const { services, networks } = parse(read('compose.yaml'), { merge: true }) as {
  services: Record<string, Service>
  networks: Record<string, { ipam: { config: { subnet: string }[] } }>
}
/** The instructions of the Dockerfile, without comments. */
const instructions = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replaceAll('\\\n', '')
  .split('\n')
  .filter(Boolean)
  .map(line => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1).trim()] as const)
const all = (name: string) => instructions.filter(([instruction]) => instruction === name).map(([, rest]) => rest)
const nodes = Object.values(services).filter(({ build }) => build !== undefined)

t.test('the Dockerfile names what is there', async t => {
  const known = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'USER', 'ENV', 'EXPOSE', 'HEALTHCHECK', 'CMD']
  t.strictSame(
    instructions.map(([name]) => name).filter(name => !known.includes(name)),
    []
  )
  for (const command of all('RUN')) t.strictSame(missing(command), [], command)
  for (const file of all('COPY').flatMap(copy => copy.split(' ').slice(0, -1))) t.ok(existsSync(join(root, file)), file)
  const [node, script = ''] = JSON.parse(all('CMD')[0] as string) as string[]
  t.equal(node, 'node')
  t.ok(existsSync(join(root, script.replace('dist/', '').replace('.js', '.ts'))), script)
  t.match(all('FROM')[0], /^node:22-/)

  const variables = Object.fromEntries((all('ENV')[0] as string).split(' ').map(pair => pair.split('=')))
  t.match(readEnvironment(variables), { HOST: '0.0.0.0', PORT: Number(all('EXPOSE')[0]) })
})

t.test('its health check tells a server that is up, on any port, from one that is not', async t => {
  const [, command = ''] = /CMD (\[.*\])$/.exec(all('HEALTHCHECK')[0] as string) ?? []
  const [node, ...args] = JSON.parse(command) as string[]
  t.equal(node, 'node')
  const check = (port: number) =>
    new Promise(resolve => {
      const env = { ...process.env, PORT: String(port) }
      execFile(process.execPath, args, { env }).on('exit', resolve)
    })
  const app = await buildApp(readEnvironment({ LOG_LEVEL: 'silent' }))
  t.teardown(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  t.equal(await check(port), 0)
  await app.close()
  t.equal(await check(port), 1)
})

t.test('an image has no secrets of the folder, and nothing that was built on another machine', t => {
  const ignored = read('.dockerignore').trim().split('\n')
  for (const pattern of ['.env*', '.git', 'dist', 'node_modules']) t.ok(ignored.includes(pattern), pattern)
  t.end()
})

t.test('compose.yaml starts three nodes at the addresses of docs/nginx.conf', t => {
  t.equal(nodes.length, 3)
  const addresses = nodes.map(
    ({ networks }) => (networks as Record<string, { ipv4_address: string }>).sse?.ipv4_address
  )
  const upstream = [...read('docs/nginx.conf').matchAll(/^ +server ([\d.]+):(\d+) /gm)]
  t.strictSame(
    upstream.map(([, address]) => address),
    addresses
  )
  for (const [, , port] of upstream) t.equal(port, all('EXPOSE')[0])
  t.equal(networks.sse?.ipam.config[0]?.subnet, '10.0.0.0/24')
  for (const address of addresses) t.ok(address?.startsWith('10.0.0.'))
  t.end()
})

t.test('compose.yaml gives nodes more time to stop than they take, and answers time to finish', t => {
  for (const { stop_grace_period, environment } of nodes) {
    const { DRAIN_TIMEOUT = '' } = environment ?? {}
    const { drain, close } = closeTimes(readEnvironment({ DRAIN_TIMEOUT: String(DRAIN_TIMEOUT) }))
    t.equal(drain, 30_000)
    t.ok(1000 * Number.parseInt(stop_grace_period as string, 10) > close)
  }
  t.end()
})

t.test('its services name each other, files and variables that are there', t => {
  for (const [name, { depends_on = [], volumes = [], environment = {}, build, image }] of Object.entries(services)) {
    t.ok(build === '.' || /^[a-z]+:[\w.-]+$/.test(String(image)), name)
    for (const other of depends_on) t.ok(other in services, `${name} depends on ${other}`)
    for (const volume of volumes) t.ok(existsSync(join(root, volume.split(':')[0] as string)), volume)
    const given = Object.entries(environment).map(([variable, value]) => [
      variable,
      String(value).replace(/\$\{\w+:-\}/, '')
    ])
    const known = readEnvironment(Object.fromEntries(given))
    for (const [variable, value] of given) {
      if (value !== '') t.equal(String(known[variable as keyof typeof known]), value, `${variable}`)
      else t.doesNotThrow(() => readEnvironment({ [variable as string]: 'https://example.com' }), `${variable}`)
    }
  }
  t.equal(new URL(nodes[0]?.environment?.REDIS_URL as string).hostname, 'redis')
  t.match(services.nginx?.ports, ['8080:80'])
  t.match(read('docs/nginx.conf'), /^ +listen 80;/m)
  t.match(services.redis?.command, ['redis-server', '--save', ''])
  t.end()
})
