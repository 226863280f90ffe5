import { Announcer, spoken } from './announcer.js'
import { Autosave } from './autosave.js'
import { Autoscroll } from './autoscroll.js'
import { Chat } from './chat.js'
import { Composer } from './composer.js'
import type { Exchange } from './conversation.js'
import { find } from './element.js'
import type { Wait } from './failure.js'
import { Notice } from './notice.js'
import { outcomeOf } from './outcome.js'
import { load, tabStorage } from './storage.js'
import { Transcript } from './transcript.js'

const storage = tabStorage()
const kept = load(storage)
let isWaiting = false
const announcer = new Announcer(find('#announcer'))
const remark = new Notice(find('#remark'), announcer)
const newChat = find<HTMLButtonElement>('#new-chat')
const autoscroll = new Autoscroll(find('#scroller'), find('#column'), find('#to-end'))
const transcript = new Transcript({ again, copy, refocus: () => composer.focus() })
const composer = new Composer({ send, stop, refuse: () => remark.show('One answer at a time: Esc stops this one.') })
const chat = new Chat(kept.exchanges, { onChange, onEnd })
const saver = new Autosave(
  storage,
  () => ({ exchanges: chat.exchanges, draft: composer.draft }),
  () => remark.show('This browser cannot keep the conversation: it would not survive a reload.')
)

composer.draft = kept.draft
for (const exchange of chat.exchanges) transcript.show(exchange, chat)
if (chat.exchanges.length > 0) autoscroll.follow()
update()
composer.focus()
chat.resume()

newChat.addEventListener('click', () => {
  chat.clear()
  transcript.clear()
  remark.clear()
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
  remark.clear()
  announcer.say('Waiting for the answer.')
  chat.ask(prompt)
  autoscroll.follow()
}

async function stop(): Promise<void> {
  if (!(await chat.stop())) remark.show('The server could not be told to stop. It stops by itself in half a minute.')
}

function again(): void {
  if (chat.answering === undefined) chat.again()
  else chat.answering.retryNow()
  composer.focus()
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    remark.show('Copied.', 3000)
  } catch {
    remark.show('The browser does not let this page copy.')
  }
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
  const { answer } = exchange
  const words = outcomeOf(answer, undefined, 0)?.words
  announcer.say([answer.state === 'complete' && spoken(answer.text), words].filter(Boolean).join(' '))
  saver.now()
  update()
}

function update(): void {
  composer.isBusy = chat.answering !== undefined
  newChat.disabled = chat.exchanges.length === 0
}
