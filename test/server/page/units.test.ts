import t from 'tap'
import { SseStreamError } from '../../../client/index.js'
import {
  addToolCall,
  type ChatAnswer,
  continued,
  type Exchange,
  newAnswer,
  type ToolCall,
  toMessages
} from '../../../server/page/chat/conversations/conversation.js'
import {
  type Conversation,
  isNewer,
  isTurn,
  newId,
  shortened,
  titleOf
} from '../../../server/page/chat/conversations/conversations.js'
import { explainFailure, isStop } from '../../../server/page/chat/failure.js'
import { addToken, newMeasures, now, timeToFirstToken, tokensPerSecond } from '../../../server/page/chat/measures.js'
import { canContinue, isUnsent, outcomeOf } from '../../../server/page/chat/outcome.js'
import { addGap, heightsOf, noGaps, slotsOf } from '../../../server/page/chat/token-gaps.js'
import { breakIn } from '../../../server/page/markdown/text-break.js'

t.test('the gaps of any answer fit in a limited number of bars, and none is lost', async t => {
  let gaps = noGaps()
  t.strictSame(heightsOf(gaps), [])
  for (let i = 0; i < 48; i++) gaps = addGap(gaps, 10)
  t.equal(slotsOf(gaps), 48)
  let most = 0
  for (let i = 48; i < 10_000; i++) {
    gaps = addGap(gaps, i === 7000 ? 3000 : 10 + (i % 7))
    most = Math.max(most, gaps.bars.length)
  }
  t.equal(most, 96)
  t.equal(slotsOf(gaps), 96)
  t.equal(gaps.longest, 3000)
  t.equal(gaps.bars.filter(bar => bar === 3000).length, 1)
  t.equal((gaps.bars.length - 1) * gaps.perBar + gaps.inLast, 10_000)
  const heights = heightsOf(gaps)
  t.equal(Math.max(...heights), 1)
  t.ok(Math.min(...heights) > 0.1, 'jitter can still be seen beside an outage')
  t.strictSame(heightsOf({ ...noGaps(), bars: [0, 0, 5], longest: 5 }), [0, 0, 0.5], 'next to nothing is not blown up')
})

t.test('the measures are those of the reader', async t => {
  let measures = newMeasures(1000)
  t.equal(timeToFirstToken(measures), undefined)
  t.equal(tokensPerSecond(measures), undefined)
  measures = addToken(measures, 1300)
  t.equal(timeToFirstToken(measures), 300)
  t.equal(tokensPerSecond(measures), undefined)
  for (const at of [1400, 1500, 2300]) measures = addToken(measures, at)
  t.equal(tokensPerSecond(measures), 3)
  t.strictSame(measures.gaps.bars, [100, 100, 800])
  measures = addToken(measures, 2000)
  t.equal(measures.gaps.bars.at(-1), 0, 'a clock that was set back gives no negative pause')
  t.equal(timeToFirstToken({ ...measures, askedAt: 5000 }), 0)
  t.ok(Math.abs(now() - Date.now()) < 60_000)
})

/** A conversation of alternating questions and answers. An empty answer has failed. */
function conversation(...texts: string[]): Exchange[] {
  const exchanges: Exchange[] = []
  for (let i = 0; i < texts.length; i += 2) {
    exchanges.push({ prompt: texts[i] ?? '', answer: { ...newAnswer(0), text: texts[i + 1] ?? '' } })
  }
  return exchanges
}

function said(...texts: string[]) {
  return texts.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content }))
}

t.test('a conversation is sent as alternating messages, up to the last question', async t => {
  t.strictSame(toMessages(conversation('a')), said('a'))
  t.strictSame(toMessages(conversation('a', 'A', 'b')), said('a', 'A', 'b'))
  t.strictSame(toMessages(conversation('a', 'A', 'b', 'what is asked for again')), said('a', 'A', 'b'))
  t.strictSame(toMessages(conversation('a', '', 'b', '', 'c', 'C', 'd')), said('c', 'C', 'd'), 'not what has failed')
})

t.test('of a conversation that is too long, the end is sent, beginning with a question', async t => {
  const texts = Array.from({ length: 1201 }, (_, i) => String(i))
  const messages = toMessages(conversation(...texts))
  t.equal(messages.length, 999)
  t.strictSame(messages[0], { role: 'user', content: '202' })
  t.strictSame(messages.at(-1), { role: 'user', content: '1200' })
  const [, answer] = toMessages(conversation('a', `👋${'x'.repeat(99_999)}`, 'b'))
  t.equal(answer?.content, 'x'.repeat(99_999), 'no half of a character')
})

/** An error as the client throws it. */
function error(code: string, statusCode?: number, retryAfter?: number, message = 'something') {
  return new SseStreamError(code, message, { statusCode, retryAfter })
}

t.test('a failure is explained in words', async t => {
  const words = (...given: Parameters<typeof error>) => explainFailure(error(...given), true).words
  t.equal(words('SSE_UNREACHABLE'), 'The server cannot be reached.')
  t.equal(words('FST_SSE_PROVIDER_LOST', 502), 'The model cannot be reached, or its answer broke off.')
  t.equal(words('SSE_STATUS', 429), 'The model is overloaded.')
  t.equal(words('SSE_STATUS', 429, 1500), 'The model is overloaded. It asks you to wait 2 s.')
  t.equal(words('SSE_STATUS', 429, 3_601_000), 'The model is overloaded. It asks you to wait 61 minutes.')
  t.equal(words('SSE_STATUS', 413), 'The conversation is too long for the server.')
  t.equal(words('SSE_STATUS', 500), 'The server failed (status 500).')
  t.equal(words('SSE_STATUS', 400, undefined, 'body takes less'), 'Body takes less.')
  t.equal(words('SSE_STATUS', 400, undefined, 'really?'), 'Really?')
  t.equal(words('SSE_EVENT_INVALID', undefined, undefined, 'is not JSON'), 'Is not JSON.')
  t.equal(explainFailure(new TypeError('a bug'), true).words, 'This page failed: TypeError: a bug')
  t.match(explainFailure(error('SSE_TRUNCATED'), false).words, /there is no network/)
  t.equal(explainFailure(error('SSE_STATUS', 400, undefined, 'no'), false).isCut, true)
  t.equal(explainFailure(error('FST_SSE_INPUT_INVALID', 400), false).words, 'Something.')
  t.equal(explainFailure(error('FST_SSE_API_KEY_REQUIRED', 401), true).needsKey, true)
  t.equal(words('FST_SSE_PROVIDER_REFUSED', 502, undefined, 'the provider wants a key'), 'The provider wants a key.')
  t.equal(words('FST_SSE_PROVIDER_REFUSED', 502, undefined, 'Bad Gateway'), 'The server failed (status 502).')
})

t.test('an answer that somebody stopped has not failed', async t => {
  t.equal(isStop(error('FST_SSE_STREAM_STOPPED', 410)), true)
  t.equal(isStop(error('FST_SSE_STREAM_GONE', 410)), false)
  t.equal(isStop(new TypeError()), false)
})

t.test('the outcome of an answer says how it ended, and what the reader can do', async t => {
  const answer = newAnswer(0)
  t.equal(outcomeOf(answer, undefined, 0), undefined)
  const complete = { ...answer, state: 'complete' as const, finishReason: 'stop' }
  t.equal(outcomeOf({ ...complete, text: 'all of it' }, undefined, 0), undefined)
  t.match(outcomeOf(complete, undefined, 0), { words: 'The model gave no answer.', button: 'Ask again' })
  t.match(outcomeOf({ ...answer, state: 'complete', finishReason: 'content_filter' }, undefined, 0), { isAlarm: false })
  t.match(outcomeOf({ ...answer, state: 'stopped' }, undefined, 0), { words: 'Stopped.', button: 'Ask again' })

  const cut = explainFailure(error('SSE_TRUNCATED'), true)
  const failed = { ...answer, state: 'failed' as const, failure: cut }
  t.match(outcomeOf(failed, undefined, 0), { words: 'The connection was lost.', isAlarm: true, button: 'Try again' })
  t.match(outcomeOf({ ...failed, streamId: 'id' }, undefined, 0), { button: 'Continue' })
  t.equal(canContinue({ ...failed, streamId: 'id' }), true)
  t.equal(
    canContinue({ ...failed, streamId: 'id', failure: explainFailure(error('FST_SSE_CLOSING', 503), true) }),
    false
  )

  const wait = { failure: cut, until: 5000 }
  t.match(outcomeOf(answer, wait, 1500), { words: 'The connection was lost. Trying again in 4 s.', button: 'Try now' })
  t.match(outcomeOf(answer, wait, 5000), { words: 'The connection was lost. Trying again…' })
})

t.test('an answer that was stopped or cut off can be continued by another stream', async t => {
  const answer: ChatAnswer = { ...newAnswer(0), text: 'half', state: 'stopped', streamId: 'id', lastEventId: '3' }
  t.match(outcomeOf(answer, undefined, 0), { button: 'Ask again', other: 'Continue' })
  t.notOk(outcomeOf({ ...answer, text: '' }, undefined, 0)?.other, 'of nothing there is no rest')
  t.match(outcomeOf({ ...answer, state: 'complete', finishReason: 'length' }, undefined, 0), { other: 'Continue' })
  const broken = explainFailure(error('FST_SSE_PROVIDER_LOST', 502), true)
  const failed: ChatAnswer = { ...answer, state: 'failed', failure: broken }
  t.match(outcomeOf(failed, undefined, 0), { button: 'Try again', other: 'Continue' })
  const cut = explainFailure(error('SSE_TRUNCATED'), true)
  t.notOk(outcomeOf({ ...failed, failure: cut }, undefined, 0)?.other, 'the server may have the rest')

  const rest = continued({ ...failed, reasoning: 'hm', toolCalls: [] }, 7)
  t.strictSame(rest, {
    text: 'half',
    reasoning: 'hm',
    toolCalls: [],
    measures: newMeasures(7),
    state: 'running',
    continuedFrom: 4
  })
  const exchanges = [
    ...conversation('a', 'A'),
    { prompt: 'b', answer: { ...continued(answer, 0), text: 'half of it' } }
  ]
  const messages = toMessages(exchanges)
  t.strictSame(messages.slice(0, 4), said('a', 'A', 'b', 'half'))
  t.match(messages[4], { role: 'user', content: /^Continue/ })
})

t.test('what a busy server and a missing network mean', async t => {
  const busy = explainFailure(error('SSE_STATUS', 429, 5000), true)
  t.equal(busy.isBusy, true)
  t.match(outcomeOf(newAnswer(0), { failure: busy, until: 5000 }, 0), { button: 'Try now', other: 'Cancel' })
  const offline = explainFailure(error('SSE_UNREACHABLE'), false)
  const failed: ChatAnswer = { ...newAnswer(0), state: 'failed', failure: offline }
  t.equal(isUnsent(failed), true)
  t.equal(isUnsent({ ...failed, streamId: 'id' }), false)
  t.equal(isUnsent({ ...failed, failure: explainFailure(error('SSE_UNREACHABLE'), true) }), false)
})

t.test('a conversation is called by its first question, unless it has a name', async t => {
  t.equal(titleOf({ title: undefined, exchanges: conversation(' a\n  b ') }), 'a b')
  t.equal(titleOf({ title: 'mine', exchanges: conversation('a') }), 'mine')
  t.equal(titleOf({ title: undefined, exchanges: [] }), '')
  t.equal(shortened('👋'.repeat(61)), `${'👋'.repeat(59)}…`)
  t.match(newId(), /^[\da-f]{32}$/)
})

t.test('the version of another tab counts if it is newer, and has no less of the answer', async t => {
  const version = (revision: number, ...answers: Partial<ChatAnswer>[]): Conversation => ({
    id: 'c',
    revision,
    title: undefined,
    exchanges: answers.map(answer => ({ prompt: 'a', answer: { ...newAnswer(0), ...answer } }))
  })
  const running = { streamId: 's' }
  const complete = { streamId: 's', state: 'complete' as const }
  t.equal(isNewer(version(1, complete), version(1, running)), false)
  t.equal(isNewer(version(2, complete), version(1, running)), true)
  t.equal(isNewer(version(2, { ...running, state: 'stopped' }), version(1, running)), true)
  t.equal(isNewer(version(2, { ...running, state: 'failed' }), version(1, running)), false)
  t.equal(isNewer(version(2, complete, running), version(1, running)), true)
  t.equal(isNewer(version(2, { streamId: 'other' }), version(1, complete)), true)
  t.equal(isNewer(version(2), version(1, complete)), true)
})

t.test('other tabs are told of turns, and not of each token', async t => {
  const turn = (now: Partial<ChatAnswer>, before: Partial<ChatAnswer>) => {
    const [is, was] = [now, before].map(answer => [{ prompt: 'a', answer: { ...newAnswer(0), ...answer } }])
    return isTurn(is as Exchange[], was as Exchange[])
  }
  t.equal(turn({}, {}), false, 'nobody can follow it yet')
  t.equal(turn({ streamId: 's' }, {}), true)
  t.equal(turn({ streamId: 's', text: 'more' }, { streamId: 's' }), false)
  t.equal(turn({ streamId: 's', state: 'complete' }, { streamId: 's' }), true)
  t.equal(turn({ streamId: 's', state: 'complete' }, { streamId: 's', state: 'complete' }), false)
  const failure = explainFailure(error('SSE_TRUNCATED'), true)
  t.equal(turn({ streamId: 's', state: 'failed', failure }, { streamId: 's' }), false, 'it may go on')
  t.equal(isTurn([], []), false)
})

t.test('an answer that ended for another reason than stop says so', async t => {
  const outcome = (finishReason: string, text = 'some of it') =>
    outcomeOf({ ...newAnswer(0), state: 'complete', text, finishReason }, undefined, 0)
  t.equal(outcome('stop'), undefined)
  t.equal(outcome(''), undefined)
  t.match(outcome('length'), { words: /token limit/, isAlarm: false })
  t.match(outcome('content_filter'), { words: /content filter/, isAlarm: false })
  for (const reason of ['function_call', 'unknown', 'insufficient_system_resource', 'constructor', '__proto__']) {
    t.strictSame(outcome(reason), { words: `The model stopped for the reason “${reason}”.`, isAlarm: false }, reason)
    t.match(outcome(reason, ''), { words: `The model stopped for the reason “${reason}”.` })
  }
  t.match(outcome('tool_calls'), { words: /^The model asks for the result of a tool/, isAlarm: false })
})

t.test('a text is split only where its appearance does not change', async t => {
  t.equal(breakIn('one two', 0), 3)
  t.equal(breakIn('one two', 4), -1)
  t.equal(breakIn('one, two', 2), 3)
  t.equal(breakIn('日本', 1), 1)
  t.equal(breakIn('👩🏽‍🚀é', 0), -1, 'not in an emoji, nor before an accent')
})

t.test('the pieces of a call of a tool are joined to the call with their id', async t => {
  const piece = (id: string, args: string): ToolCall => ({ id, name: `tool ${id}`, arguments: args })
  const calls = [piece('1', '{'), piece('2', '{}'), piece('1', '}')].reduce<readonly ToolCall[]>(addToolCall, [])
  t.same(calls, [piece('1', '{}'), piece('2', '{}')])
})
