import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import t from 'tap'
import sseFrom, { MemoryStore } from '../../plugin/index.js'
import { RedisStore } from '../../plugin/stores/redis/redis-store.js'
import { filesIn, pageOf, root } from '../helpers/markdown.js'

/** The cells of the rows of all tables of a page. */
function rowsOf(file: string): string[][] {
  const rows = pageOf(file).text.match(/^\|.*\|$/gm) ?? []
  return rows.map(row =>
    row
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim())
  )
}

/** What stands as code in the first cells of a page's tables. */
function namesIn(file: string): Set<string> {
  const names = rowsOf(file).flatMap(([first = '']) => first.match(/(?<=`)\w+(?=`)/g) ?? [])
  return new Set(names)
}

/** The options that something takes, as it says itself of one that it does not know. */
async function optionsOf(give: (options: object) => unknown): Promise<string[]> {
  try {
    await give({ unknown: 1 })
  } catch (error) {
    const [, list] = /known are (.+)$/.exec((error as Error).message) ?? []
    if (list !== undefined) return list.split(', ')
  }
  throw new Error('it takes an option that is unknown')
}

t.test('docs/options.md has every option', async t => {
  const app = Fastify()
  await app.register(sseFrom)
  let given: object = {}
  app.get('/', async (_request, reply) => reply.sseFrom(['a'], given))
  const ofPlugin = await optionsOf(async options => await Fastify().register(sseFrom, options))
  const ofStream = await optionsOf(async options => {
    given = options
    throw new Error((await app.inject('/')).json().message)
  })
  const names = namesIn('docs/options.md')
  for (const name of [...ofPlugin, ...ofStream]) t.ok(names.has(name), name)
  t.ok(ofStream.includes('isComplete') && ofPlugin.includes('drainTimeout'))
})

t.test('docs/resuming.md has every option of the stores', async t => {
  const client = new Redis({ lazyConnect: true })
  const names = namesIn('docs/resuming.md')
  const options = [
    ...(await optionsOf(options => new MemoryStore(options))),
    ...(await optionsOf(options => new RedisStore({ client, subscriber: client.duplicate(), ...options })))
  ]
  for (const name of options) t.ok(names.has(name), name)
  t.ok(options.includes('maxStreams') && options.includes('linger'))
})

t.test('docs/errors.md has every error, with its status', async t => {
  const documented = new Map(
    rowsOf('docs/errors.md').map(([code = '', status = '']) => [code.replaceAll('`', ''), status])
  )
  const sources = ['plugin', 'routes', 'sources', 'server'].flatMap(room => filesIn(room, '.ts'))
  const created = sources.flatMap(file => [
    ...readFileSync(join(root, file), 'utf8').matchAll(/createError<\s*'(FST_SSE_\w+)',\s*(\d+)/g)
  ])
  t.ok(created.length > 20)
  for (const [, code = '', status = ''] of created) {
    t.ok([status, "the provider's"].includes(documented.get(code) as string), `${code} is ${status}`)
  }
  const codes = [...documented.keys()].filter(code => code.startsWith('FST_SSE_'))
  t.strictSame(codes.sort(), created.map(([, code]) => code).sort(), 'and no other')
})
