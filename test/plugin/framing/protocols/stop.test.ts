import t, { type Test } from 'tap'
import type { ProtocolName } from '../../../../plugin/index.js'
import { open } from '../../../helpers/client.js'
import { serve } from '../../../helpers/server.js'
import { until } from '../../../helpers/until.js'

/** What clients get of an answer in parts that is stopped in the middle. */
const ends: Partial<Record<ProtocolName, string[]>> = {
  anthropic: [
    '{"type":"content_block_stop","index":0}',
    '{"type":"message_delta","delta":{"stop_reason":null,"stop_sequence":null},' +
      '"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}',
    '{"type":"message_stop"}'
  ],
  'ai-sdk': ['{"type":"abort"}', '[DONE]'],
  'ag-ui': [
    '{"type":"TOOL_CALL_END","toolCallId":"1"}',
    '{"type":"RUN_FINISHED","threadId":"t","runId":"r","outcome":{"type":"cancelled"}}'
  ]
}

for (const [protocol, end] of Object.entries(ends) as [ProtocolName, string[]][]) {
  t.test(`an answer in parts that is stopped on request ends as ${protocol} says it`, async t => {
    const client = await stopped(t, protocol)
    t.same(client.slice(-end.length), end)
    t.notMatch(client.join(), 'waiting', 'what waits for a call to be complete is not part of it')
  })
}

/** The data of the events of an answer that was stopped. */
async function stopped(t: Test, protocol: ProtocolName): Promise<string[]> {
  const source = async function* () {
    yield { type: 'tool-call', id: '1', name: 'a', arguments: '{' }
    yield 'waiting'
    await new Promise(() => {})
  }
  const { app, url } = await serve(t, app => {
    app.get('/', (_request, reply) => reply.sseFrom(source, { protocol, resumable: { id: 'a' } }))
  })
  const client = open(url)
  await until('the call has begun', () => client.text().includes('"{"'))
  t.equal(await app.sseStreams.stop('a'), true)
  await client.end()
  return client
    .events()
    .map(({ data }) => data.replace(/"(thread|run)Id":"(t|r)?[^"]+"/g, (_, id) => `"${id}Id":"${id[0]}"`))
}
