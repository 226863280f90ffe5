import { Announcer } from './announcer.js'
import { Autoscroll } from './autoscroll.js'
import { Chat } from './chat.js'
import { Composer } from './composer.js'
import type { Exchange } from './conversation.js'
import { find } from './element.js'
import type { Wait } from './failure.js'
import { outcomeOf } from './outcome.js'
import { Saver } from './saver.js'
import { loadConversation, tabStorage } from './storage.js'
import { Transcript } from './transcript.js'

const storage = tabStorage()
let isWaiting = false
const announcer = new Announcer(find('#announcer'))
const hint = find('#hint')
const newChat = find<HTMLButtonElement>('#new-chat')
const autoscroll = new Autoscroll(find('#scroller'), find('#column'), find('#to-end'))
const transcript = new Transcript({ again, copy })
const composer = new Composer({ send, stop })
const chat = new Chat(loadConversation(storage), { onChange, onEnd })
const saver = new Saver(
  storage,
  () => chat.exchanges,
  () => {
    hint.textContent = 'This browser cannot keep the conversation: it would not survive a reload.'
  }
)

for (const exchange of chat.exchanges) transcript.show(exchange, chat)
if (chat.exchanges.length > 0) autoscroll.follow()
update()
composer.focus()
chat.resume()

newChat.addEventListener('click', () => {
  chat.clear()
  transcript.clear()
  announcer.say('New chat.')
  saver.now()
  update()
  composer.focus()
})
for (const button of find('#welcome').querySelectorAll('button')) {
  button.addEventListener('click', () => {
    send(button.textContent)
    composer.focus()
  })
}

addEventListener('pagehide', () => saver.now())
addEventListener('online', () => chat.wake())
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') chat.wake()
  else saver.now()
})

function send(prompt: string): void {
  announcer.say('Waiting for the answer.')
  chat.ask(prompt)
  autoscroll.follow()
}

async function stop(): Promise<void> {
  if (!(await chat.stop())) {
    hint.textContent =
      'The server could not be told to stop. It stops by itself, half a minute after the last reader has left.'
  }
}

function again(): void {
  if (chat.answering === undefined) chat.again()
  else chat.answering.retryNow()
  composer.focus()
}

async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text)
  announcer.say('Copied.')
}

function onChange(exchange: Exchange): void {
  transcript.show(exchange, chat)
  announceWait(chat.answering?.wait)
  saver.soon()
  update()
}

/** Says once that the connection is lost, however often it is tried in vain. */
function announceWait(wait: Wait | undefined): void {
  if (wait !== undefined && !isWaiting) announcer.say(`${wait.failure.words} Trying again.`)
  isWaiting = wait !== undefined
}

function onEnd(exchange: Exchange): void {
  const outcome = outcomeOf(exchange.answer, undefined, 0)
  if (exchange.answer.state === 'complete') announcer.sayAnswer(exchange.answer.text)
  if (outcome !== undefined) announcer.say(outcome.words)
  saver.now()
  update()
}

function update(): void {
  composer.isBusy = chat.answering !== undefined
  newChat.disabled = chat.exchanges.length === 0
}
