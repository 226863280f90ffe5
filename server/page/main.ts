import { ApiKey } from './chat/api-key.js'
import { Chat } from './chat/chat.js'
import { Archive } from './chat/conversations/archive.js'
import { Autosave } from './chat/conversations/autosave.js'
import { Library } from './chat/conversations/library.js'
import { browserStorage, load, tabStorage } from './chat/conversations/storage.js'
import { isAnswering, Store } from './chat/conversations/store.js'
import { fetchModels } from './chat/models.js'
import { loadSettings, saveSettings } from './chat/settings.js'
import { Announcer } from './views/announcer.js'
import { Composer } from './views/composer.js'
import { ConversationsView } from './views/conversations-view.js'
import { find } from './views/element.js'
import { KeyForm } from './views/key-form.js'
import { Notice } from './views/notice.js'
import { SettingsView } from './views/settings-view.js'
import { Autoscroll } from './views/transcript/autoscroll.js'
import { Transcript } from './views/transcript/transcript.js'

const storage = tabStorage()
const settings = loadSettings(browserStorage())
const store = new Store({ ...load(storage), wait: undefined, summaries: [], models: [], settings })
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
    ask(() => chat.ask(prompt))
  },
  stop,
  refuse: () => notice.show('One answer at a time: Esc stops this one.')
})
const keyForm = new KeyForm(key => {
  apiKey.set(key)
  void showModels()
  act(() => chat.again())
})
const transcript = new Transcript({
  again: () => act(() => chat.again()),
  regenerate: () => act(() => chat.regenerate()),
  extend: () => act(() => chat.extend()),
  giveUp: () => act(() => chat.giveUp()),
  edit(index, prompt) {
    if (index < store.state.exchanges.length - 1) library.keepCopy()
    act(() => ask(() => chat.edit(index, prompt)))
  },
  copy,
  refocus: () => composer.focus()
})
const autosave = new Autosave(storage, () =>
  notice.show('This browser cannot save the conversation. It will not survive a reload.')
)
const library = new Library(store, chat, new Archive(), () =>
  notice.show('This browser cannot keep conversations. They end with this tab.')
)
const conversations = new ConversationsView({
  open(id) {
    if (id !== store.state.id) library.open(id)
    autoscroll.follow()
    composer.focus()
  },
  rename: (id, title) => library.rename(id, title),
  remove: id => library.remove(id),
  restore: id => library.restore(id)
})
const settingsView = new SettingsView(chosen => {
  store.update({ settings: chosen })
  saveSettings(browserStorage(), chosen)
})

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
library.clean()
library.refresh()
void showModels()

newChat.addEventListener('click', () => {
  notice.clear()
  chat.clear()
  autosave.now(store.state)
  composer.focus()
})
for (const button of find('#welcome').querySelectorAll('button')) {
  button.addEventListener('click', () => act(() => ask(() => chat.ask(button.textContent))))
}

addEventListener('pagehide', () => autosave.now(store.state))
addEventListener('online', () => chat.wake())
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') return autosave.now(store.state)
  chat.wake()
  library.refresh()
})

function show(): void {
  const { state } = store
  transcript.show(state)
  composer.show(state)
  keyForm.show(state)
  conversations.show(state)
  settingsView.show(state)
  newChat.disabled = state.exchanges.length === 0
}

/** Does what a button is for. The focus goes to where the next question is written. */
function act(work: () => void): void {
  work()
  composer.focus()
}

function ask(work: () => void): void {
  notice.clear()
  work()
  autoscroll.follow()
}

async function showModels(): Promise<void> {
  const models = await fetchModels(apiKey.headers())
  if (models !== undefined) store.update({ models })
  // With the name of the model, the button would grow.
  find<HTMLElement>('#show-settings').hidden = false
}

async function stop(): Promise<void> {
  if (!(await chat.stop()))
    notice.show('The server could not be told to stop. It will stop on its own in half a minute.')
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    notice.show('Copied.', 3000)
  } catch {
    notice.show('The browser does not allow this page to copy.')
  }
}
