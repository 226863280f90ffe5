import { setTimeout as sleep } from 'node:timers/promises'
import type { Generate } from '../routes/index.js'

/** Milliseconds. */
const THINKING = { from: 300, to: 700 }
const BETWEEN_TOKENS = { from: 15, to: 75 }

const MAX_ECHO = 200

/** Takes a text apart as a model would: a word with the space before it is a token, and so is white space. */
function tokensOf(text: string): string[] {
  return Array.from(text.matchAll(/\n+|[^\S\n]*[^\s]+|[^\S\n]+/gu), ([token]) => token)
}

function answerTo(prompt: string): string {
  const characters = [...prompt]
  const echo = characters.length > MAX_ECHO ? `${characters.slice(0, MAX_ECHO).join('')}…` : prompt
  return `You asked: “${echo}”

This is the demo source 👋 of fastify-sse-from: no model, no network, no key. It only shows how an answer arrives:

  1. a pause, while a model would be thinking 🤔
  2. then token by token, each as soon as it is there ⚡
  3. and a "done" event at the end.

Leave in the middle, and it stops. Set OPENAI_BASE_URL or OPENAI_API_KEY to stream from a real model 🚀.
`
}

/**
 * Answers with a text of its own at the pace of a model: a pause before the first token, jitter between the others.
 *
 * @param pace how much of the pauses to take: 1 is the pace of a model, 0 none
 */
export function demoSource(pace = 1): Generate {
  const pause = ({ from, to }: { from: number; to: number }, signal: AbortSignal) =>
    sleep(pace * (from + Math.random() * (to - from)), undefined, { signal })

  return async function* ({ messages }, { signal }) {
    const prompt = messages.findLast(message => message.role === 'user')?.content ?? ''
    const tokens = tokensOf(answerTo(prompt))
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
  }
}
