import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { openAiWire } from '../helpers/openai-server.js'
import { providerServer } from '../helpers/provider-server.js'
import { until } from '../helpers/until.js'
import { startExample } from './run-example.js'

const root = join(import.meta.dirname, '../..')

/** Compiles the program as a Nest project does: Node itself knows no decorators. @returns its path, from examples/ */
async function compiled(): Promise<string> {
  const { outputText } = ts.transpileModule(await readFile(join(root, 'examples/nest/main.ts'), 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      experimentalDecorators: true,
      emitDecoratorMetadata: true
    }
  })
  const folder = join(root, 'node_modules/.cache/nest-example')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'main.mjs'), outputText)
  return '../node_modules/.cache/nest-example/main.mjs'
}

t.test('nest/main.ts: a controller streams, and errors keep their status', async t => {
  const provider = await providerServer(t, openAiWire)
  const env = { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'key' }
  const example = await startExample(t, await compiled(), { env, hasRealTime: true })

  t.test('tokens arrive one by one, and a client that leaves stops the model', async () => {
    const client = example.open('/stream?prompt=hi')
    const call = await provider.next()
    for (const token of ['Hello', ' again']) {
      call.token(token)
      await client.has(`data: ${token}\n\n`)
    }
    client.leave()
    await until('the model is stopped', () => call.closed)
  })

  t.test('a 429 of the model is a 429, for every client', async t => {
    for (const accept of ['text/event-stream', 'application/json']) {
      const client = example.open('/stream?prompt=hi', { headers: { accept } })
      const call = await provider.next()
      call.response.setHeader('retry-after', '7')
      call.refuse(429)
      await client.end()
      t.strictSame([client.status, client.headers['retry-after']], [429, '7'], accept)
      t.match(JSON.parse(client.text()), { statusCode: 429 })
    }
  })

  t.test('a client of JSON gets the answer in one piece', async t => {
    const client = example.open('/stream?prompt=hi', { headers: { accept: 'application/json' } })
    const call = await provider.next()
    call.token('Hello')
    call.finish()
    await client.end()
    t.strictSame(JSON.parse(client.text()), { text: 'Hello' })
  })

  t.test('a request without a prompt is a 400', async t => {
    const client = example.open('/stream')
    await client.end()
    t.equal(client.status, 400)
    t.match(JSON.parse(client.text()), { message: 'prompt takes a text' })
  })
})
