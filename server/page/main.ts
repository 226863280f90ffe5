import { ApiKey } from './chat/api-key.js'
import { Autosave } from './chat/autosave.js'
import { Chat } from './chat/chat.js'
import { load, tabStorage } from './chat/storage.js'
import { isAnswering, Store } from './chat/store.js'
import { Announcer } from './views/announcer.js'
import { Autoscroll } from './views/autoscroll.js'
import { Composer } from './views/composer.js'
import { find } from './views/element.js'
import { KeyForm } from './views/key-form.js'
import { Notice } from './views/notice.js'
import { Transcript } from './views/transcript.js'

const storage = tabStorage()
const store = new Store({ ...load(storage), wait: undefined })
const apiKey = new ApiKey(storage)
const chat = new Chat(store, () => apiKey.headers())
const announcer = new Announcer(find('#announcer'))
const notice = new Notice(find('#notice'), announcer)
const newChat = find<HTMLButtonElement>('#new-chat')
const autoscroll = new Autoscroll(find('#scroller'), find('#column'), find('#to-end'))
const composer = new Composer({
  edit: draft => store.update({ draft }),
  send(prompt) {
    store.update({ draft: '' })
    ask(prompt)
  },
  stop,
  refuse: () => notice.show('One answer at a time: Esc stops this one.')
})
const keyForm = new KeyForm(key => {
  apiKey.set(key)
  again()
})
const transcript = new Transcript({ again, copy, refocus: () => composer.focus() })
const autosave = new Autosave(storage, () =>
  notice.show('This browser cannot save the conversation. It will not survive a reload.')
)

store.subscribe(show)
store.subscribe((state, before) => announcer.show(state, before))
store.subscribe((state, before) => {
  if (state.exchanges === before.exchanges) return
  if (isAnswering(before) && !isAnswering(state)) autosave.now(state)
  else autosave.soon(state)
})
show()
if (store.state.exchanges.length > 0) autoscroll.follow()
composer.focus()
chat.resume()

newChat.addEventListener('click', () => {
  notice.clear()
  chat.clear()
  autosave.now(store.state)
  composer.focus()
})
for (const button of find('#welcome').querySelectorAll('button')) {
  button.addEventListener('click', () => {
    ask(button.textContent)
    composer.focus()
  })
}

addEventListener('pagehide', () => autosave.now(store.state))
addEventListener('online', () => chat.wake())
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') chat.wake()
  else autosave.now(store.state)
})

function show(): void {
  const { state } = store
  transcript.show(state)
  composer.show(state)
  keyForm.show(state)
  newChat.disabled = state.exchanges.length === 0
}

function ask(prompt: string): void {
  notice.clear()
  chat.ask(prompt)
  autoscroll.follow()
}

async function stop(): Promise<void> {
  if (!(await chat.stop()))
    notice.show('The server could not be told to stop. It will stop on its own in half a minute.')
}

function again(): void {
  chat.again()
  composer.focus()
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    notice.show('Copied.', 3000)
  } catch {
    notice.show('The browser does not allow this page to copy.')
  }
}
