import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { flattenHead } from '../../../plugin/response/write/flat-head.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

t.test('the head of a response is one string', async t => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'x-own': 'own' })
    t.equal(flattenHead(response), 'H'.charCodeAt(0))
    response.end()
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { headers } = await new Promise<import('node:http').IncomingMessage>(resolve =>
    get({ port, host: '127.0.0.1', agent: false }, response => resolve(response.resume()))
  )
  t.equal(headers['x-own'], 'own')
})

t.test('a flat head holds less than half of the memory', t => {
  const heads = Array.from({ length: 5000 }, (_, i) => {
    let head = ''
    for (let k = 0; k < 16; k++) head += `x-${i}-${k}: value\r\n`
    return { _header: head }
  })
  collect()
  const before = process.memoryUsage().heapUsed
  for (const head of heads) flattenHead(head as never)
  collect()
  const saved = (before - process.memoryUsage().heapUsed) / heads.length
  t.ok(saved > 300, `${saved} bytes less`)
  t.end()
})

t.test('a head that Node keeps elsewhere, or as something else, stays as it is', t => {
  for (const other of [{}, { _header: null }, { _header: true }]) t.equal(flattenHead(other as never), undefined)
  t.end()
})
