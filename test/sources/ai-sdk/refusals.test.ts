import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAI as createNewestOpenAI } from '@newest/ai-sdk-openai'
import t from 'tap'
import type { AnswerPart, Finish, GenerateContext, GenerateRequest } from '../../../routes/index.js'
import { type LanguageModel, languageModelSource } from '../../../sources/index.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { appOf, chatCompletions, everyApi, messagesApi, responsesApi, stream, useChat } from '../../routes/every-api.js'

const { url } = await openAiServer(t, call => {
  call.token('Hello')
  call.finish()
})
const models: Record<string, LanguageModel> = {
  '@ai-sdk/openai 3': createOpenAI({ baseURL: url, apiKey: 'key' }).chat('a'),
  '@ai-sdk/openai 4': createNewestOpenAI({ baseURL: url, apiKey: 'key' }).chat('a')
}
const idUnsupported = 'is not supported by this model: a file by its id; send the file itself'
const hi = { role: 'user', content: 'hi' }

for (const [name, model] of Object.entries(models)) {
  t.test(`${name}: what it has no word for is 400 and named, through every API`, async t => {
    const { refused } = await appOf(t, languageModelSource(model))
    const flac = { type: 'input_audio', input_audio: { data: 'AA==', format: 'flac' } }
    const ogg = 'data:audio/ogg;base64,AA=='
    const zip = 'data:application/zip;base64,AA=='
    for (const [api, body, where, why] of [
      [
        chatCompletions,
        { model: 'a', messages: [hi, { role: 'user', content: [flac] }] },
        'messages[1].content[0]',
        'flac'
      ],
      [
        chatCompletions,
        chatCompletions.withPart({ type: 'file', file: { file_data: zip } }),
        'messages[0].content[0]',
        'zip'
      ],
      [
        chatCompletions,
        chatCompletions.withPart({ type: 'file', file: { file_data: 'https://a.example/b' } }),
        'messages[0].content[0]',
        'application/octet-stream'
      ],
      [responsesApi, { ...responsesApi.withPart(flac), instructions: 'Be brief.' }, 'input[0]', 'audio/flac'],
      [
        messagesApi,
        {
          ...messagesApi.withPart({
            type: 'document',
            source: { type: 'base64', media_type: 'application/zip', data: 'AA==' }
          }),
          system: 'Be brief.'
        },
        'messages.0.content',
        'application/zip'
      ],
      [useChat, useChat.withPart({ type: 'file', mediaType: 'audio/ogg', url: ogg }), 'messages[0].parts', 'audio/ogg'],
      [
        stream,
        stream.withPart({ type: 'audio', data: 'AA==', format: 'flac' }),
        'body/messages/0/content/0',
        'audio/flac'
      ]
    ] as const) {
      const message = await refused(t, api, body)
      t.ok(message.startsWith(`${where} is not supported by this model: `), message)
      t.match(message, why)
    }
    for (const [api, option, where] of [
      [chatCompletions, { reasoning_effort: 'some' }, 'reasoning_effort'],
      [responsesApi, { reasoning: { effort: 'some' } }, 'reasoning.effort'],
      [messagesApi, { output_config: { effort: 'some' } }, 'output_config.effort'],
      [useChat, { reasoningEffort: 'some' }, 'reasoningEffort'],
      [stream, { reasoningEffort: 'some' }, 'body/reasoningEffort']
    ] as const) {
      t.equal(await refused(t, api, { ...api.least, ...option }), `${where} is not supported by this model`)
    }
  })

  t.test(`${name}: what it has a word for is answered`, async t => {
    const { post } = await appOf(t, languageModelSource(model))
    for (const api of everyApi) t.equal((await post(api, api.least)).status, 200, api.name)
    const { status, text } = await post(
      chatCompletions,
      chatCompletions.withPart({ type: 'image_url', image_url: { url: 'DATA:image/png;BASE64,AA==' } })
    )
    t.equal(status, 200, text)
  })
}

t.test('the id of a file is refused by providers that know none, through every API', async t => {
  const { refused } = await appOf(t, languageModelSource(models['@ai-sdk/openai 3'] as LanguageModel))
  for (const [api, part, where] of [
    [chatCompletions, { type: 'file', file: { file_id: 'file-1' } }, 'messages[0].content[0]'],
    [responsesApi, { type: 'input_file', file_id: 'file-1' }, 'input[0]'],
    [responsesApi, { type: 'input_image', file_id: 'file-1' }, 'input[0]'],
    [messagesApi, { type: 'image', source: { type: 'file', file_id: 'file-1' } }, 'messages.0.content'],
    [stream, { type: 'file', id: 'file-1' }, 'body/messages/0/content/0']
  ] as const) {
    t.equal(await refused(t, api, api.withPart(part)), `${where} ${idUnsupported}`)
  }
})

t.test('the newest version of the interface knows the ids of files', async t => {
  const seen: string[] = []
  const { url } = await openAiServer(t, async call => {
    seen.push(JSON.stringify(call.body))
    call.token('Hello')
    call.finish()
  })
  const model = createNewestOpenAI({ baseURL: url, apiKey: 'key' }).chat('a')
  const { post } = await appOf(t, languageModelSource(model))
  const { status, text } = await post(
    chatCompletions,
    chatCompletions.withPart({ type: 'file', file: { file_id: 'file-1' } })
  )
  t.equal(status, 200, text)
  t.match(seen[0], '"file_id":"file-1"')
})

t.test('kind: a request that no route has checked is refused as well, in the words of the contract', async t => {
  const generate = languageModelSource(models['@ai-sdk/openai 3'] as LanguageModel)
  const ask = async (request: GenerateRequest) => {
    const context = { signal: new AbortController().signal } as unknown as GenerateContext
    const answer = (await generate(request, context)) as AsyncGenerator<AnswerPart, Finish>
    await answer.next()
  }
  const deep = '['.repeat(6000) + ']'.repeat(6000)
  const place = 'messages[0].content[0] is not supported by this model'
  for (const [role, part, message] of [
    ['user', { type: 'image', url: 'cat.png' }, `${place}: a URL that is not absolute`],
    ['user', { type: 'file' }, `${place}: a file without a url or an id`],
    ['tool', { type: 'file', id: 'file-1' }, `messages[0].content[0] ${idUnsupported}`],
    [
      'assistant',
      { type: 'tool-call', id: 'c', name: 'f', arguments: deep },
      `${place}: arguments of more than 200 levels`
    ]
  ] as const) {
    const messages = [{ role, toolCallId: 'c', content: [part] }] as unknown as GenerateRequest['messages']
    await t.rejects(ask({ messages }), { statusCode: 400, code: 'FST_SSE_UNSUPPORTED', message })
  }
})

t.test('what the application has set wrong is no fault of the client', async t => {
  const model = models['@ai-sdk/openai 3'] as LanguageModel
  const generate = languageModelSource(model, { providerOptions: { openai: { reasoningEffort: 'some' } } })
  const { post } = await appOf(t, generate)
  t.equal((await post(chatCompletions, chatCompletions.least)).status, 502)
})

t.test('a provider that does not say which part it has no word for', async t => {
  const refusing = (functionality: unknown): LanguageModel => ({
    specificationVersion: 'v3',
    provider: 'own',
    modelId: 'a',
    doStream: async () => {
      throw Object.assign(new Error('unsupported'), { name: 'AI_UnsupportedFunctionalityError', functionality })
    }
  })
  const image = { type: 'image', url: 'https://a.example/cat.png' }
  for (const [functionality, parts, status, message] of [
    [
      'URLs',
      [{ type: 'text', text: 'hi' }, image],
      400,
      'body/messages/0/content/1 is not supported by this model: URLs'
    ],
    ['URLs', [image, image], 400, 'body/messages is not supported by this model: URLs'],
    [undefined, [image], 502, undefined]
  ] as const) {
    const { post } = await appOf(t, languageModelSource(refusing(functionality)))
    const answer = await post(stream, { messages: [{ role: 'user', content: parts }] })
    t.equal(answer.status, status, answer.text)
    if (message !== undefined) t.equal(JSON.parse(answer.text).message, message)
  }
})
