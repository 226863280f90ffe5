import { setTimeout as sleep } from 'node:timers/promises'
import { type Generate, type TextMessage, textGenerate } from '../routes/index.js'

/** How long the pauses are. Milliseconds. */
const THINKING = { from: 300, to: 700 }
const BETWEEN_TOKENS = { from: 15, to: 75 }

/** How much of a question the answer repeats. Characters. */
const MAX_ECHO = 200

/** Splits a text as a model would: a word with the space before it is a token, and so are line breaks. */
function tokensOf(text: string): string[] {
  return Array.from(text.matchAll(/\n+|[^\S\n]*[^\s]+|[^\S\n]+/gu), ([token]) => token)
}

function answerTo(messages: readonly TextMessage[]): string {
  const questions = messages.filter(({ role }) => role === 'user').map(({ content }) => content)
  const prompt = questions.at(-1) ?? ''
  const characters = [...prompt]
  const echo = characters.length > MAX_ECHO ? `${characters.slice(0, MAX_ECHO).join('')}…` : prompt
  const number =
    questions.length > 1
      ? ` This is question ${questions.length} of the conversation, which the client sent in full.`
      : ''
  return `You asked: “${echo}”${number}

This is the **demo source** 👋 of fastify-sse-from: no model, no network, no key. It only shows how an answer arrives:

1. a pause, while a model would be thinking 🤔
2. then token by token, each *as soon as it is ready* ⚡
3. and a \`done\` event at the end.

### Try to disturb it

| what you do | what happens |
| --- | --- |
| stop it | the source stops at once |
| reload the page, or lose the network | this very answer continues where it was: no token twice, none missing |
| leave for good | the source stops half a minute later |

### Make it yours

A route of your own takes a few lines:

\`\`\`ts
app.get('/stream', (request, reply) =>
  reply.sseFrom(async function* () {
    yield 'Hello'
    yield ', world'
  })
)
\`\`\`

> Set \`OPENAI_BASE_URL\` or \`OPENAI_API_KEY\` to stream from a real model 🚀.
`
}

/**
 * Answers with a fixed text at the pace of a model: a long pause before the first token, short ones between the others.
 *
 * @param pace the factor for all pauses: 1 for the pace of a model, 0 for no pauses
 */
export function demoSource(pace = 1): Generate {
  const pause = ({ from, to }: { from: number; to: number }, signal: AbortSignal) =>
    sleep(pace * (from + Math.random() * (to - from)), undefined, { signal })

  return textGenerate(async function* ({ messages }, { signal }) {
    const tokens = tokensOf(answerTo(messages))
    await pause(THINKING, signal)
    for (const token of tokens) {
      yield token
      await pause(BETWEEN_TOKENS, signal)
    }
    const promptTokens = messages.reduce((sum, { content }) => sum + tokensOf(content).length, 0)
    return {
      finishReason: 'stop',
      usage: { promptTokens, completionTokens: tokens.length, totalTokens: promptTokens + tokens.length }
    }
  })
}
