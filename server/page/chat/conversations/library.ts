import type { Chat } from '../chat.js'
import type { Archive } from './archive.js'
import { type Conversation, isNewer, isTurn, newId, shortened, titleOf } from './conversations.js'
import type { PageState, Store } from './store.js'

/** How often a growing answer is saved. Milliseconds. */
const INTERVAL = 1000

/** What the tabs of a browser tell each other: the id of a conversation that has changed. */
const CHANNEL = 'conversations'

/** The conversations in this browser. Keeps the one that is shown, and has all tabs agree on it. */
export class Library {
  readonly #store: Store
  readonly #chat: Chat
  readonly #archive: Archive
  readonly #onLost: () => void
  readonly #channel = new BroadcastChannel(CHANNEL)
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The work on the archive, one after the other. */
  #work: Promise<void> = Promise.resolve()
  /** The question that was asked here, as long as no other tab can know of it. */
  #asked: string | undefined
  #isLost = false

  /** @param onLost called when the browser cannot save conversations */
  constructor(store: Store, chat: Chat, archive: Archive, onLost: () => void) {
    this.#store = store
    this.#chat = chat
    this.#archive = archive
    this.#onLost = onLost
    this.#channel.addEventListener('message', ({ data }) => this.#changedElsewhere(String(data)))
    store.subscribe((state, before) => this.#changed(state, before))
  }

  /** Reads the list, and what another tab has done since this one was looked at. */
  refresh(): void {
    this.#do(async () => {
      await this.#adopt()
      await this.#list()
    })
  }

  /** Removes what was deleted long ago. */
  clean(): void {
    this.#do(() => this.#archive.clean(Date.now()))
  }

  open(id: string): void {
    this.#save()
    this.#do(async () => {
      const conversation = await this.#archive.get(id)
      if (conversation !== undefined) this.#chat.open(conversation)
    })
  }

  rename(id: string, title: string): void {
    this.#change(id, { title: shortened(title) })
  }

  remove(id: string): void {
    this.#save()
    this.#change(id, { deletedAt: Date.now() })
  }

  /** Brings back a conversation that was deleted. */
  restore(id: string): void {
    this.#change(id, { deletedAt: undefined })
  }

  /** Keeps the conversation as it is, before a question in it is changed, as one of its own. */
  keepCopy(): void {
    const { id: _, ...conversation } = this.#conversation
    const title = shortened(`${titleOf(conversation)} (before the change)`)
    this.#do(async () => {
      await this.#archive.put({ ...conversation, id: newId(), title, revision: 1 }, 1, Date.now() - 1)
    })
  }

  get #conversation(): Conversation {
    const { id, revision, title, exchanges } = this.#store.state
    return { id, revision, title, exchanges }
  }

  #changed(state: PageState, before: PageState): void {
    if (state.id !== before.id) this.#asked = undefined
    if (state.id !== before.id || state.exchanges === before.exchanges || state.revision !== before.revision) return
    if (state.exchanges.length > before.exchanges.length) this.#asked = state.exchanges.at(-1)?.prompt
    if (isTurn(state.exchanges, before.exchanges)) {
      this.#store.update({ revision: state.revision + 1 })
      this.#save(state.revision)
    } else if (this.#isSaved(state)) {
      this.#timer ??= setTimeout(() => this.#save(), INTERVAL)
    }
  }

  /** An answer whose stream is not known yet must not be followed by another tab, which would ask once more. */
  #isSaved({ exchanges, revision }: PageState): boolean {
    const answer = exchanges.at(-1)?.answer
    return revision > 0 && answer !== undefined && (answer.state !== 'running' || answer.streamId !== undefined)
  }

  /** @param base the revision before the change, if the change is one that other tabs must know of */
  #save(base?: number): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (base === undefined && !this.#isSaved(this.#store.state)) return
    const conversation = this.#conversation
    this.#do(async () => {
      const isSaved = await this.#archive.put(conversation, base ?? conversation.revision, Date.now())
      if (!isSaved) return this.#yield(conversation.id, base)
      if (base === undefined) return
      this.#asked = undefined
      this.#tell(conversation.id)
      await this.#list()
    })
  }

  /** Another tab was faster. */
  async #yield(id: string, base: number | undefined): Promise<void> {
    if (this.#store.state.id !== id) return
    if (base !== undefined) this.#store.update({ revision: base })
    await this.#adopt()
  }

  /** Takes over what another tab has saved. A question that was asked here meanwhile can be asked again. */
  async #adopt(): Promise<void> {
    const theirs = await this.#archive.get(this.#store.state.id)
    const { state } = this.#store
    if (theirs === undefined || theirs.id !== state.id) return
    if (!isNewer(theirs, this.#conversation)) {
      if (theirs.revision > state.revision) this.#store.update({ revision: theirs.revision })
      return
    }
    const asked = this.#asked
    this.#asked = undefined
    const isDropped = asked !== undefined && !theirs.exchanges.some(({ prompt }) => prompt === asked)
    if (isDropped) void this.#chat.stop()
    this.#chat.open(theirs)
    if (isDropped && state.draft === '') this.#store.update({ draft: asked })
  }

  #change(id: string, change: { title?: string; deletedAt?: number | undefined }): void {
    this.#do(async () => {
      const revision = await this.#archive.change(id, change)
      if (revision === undefined) return
      const isShown = id === this.#store.state.id
      if (isShown && change.deletedAt !== undefined) this.#chat.clear()
      else if (isShown) this.#store.update({ revision, ...change })
      this.#tell(id)
      await this.#list()
    })
  }

  #changedElsewhere(id: string): void {
    this.#do(async () => {
      await this.#list()
      if (id !== this.#store.state.id) return
      const isGone = this.#store.state.revision > 0 && (await this.#archive.get(id)) === undefined
      if (isGone) this.#chat.clear()
      else await this.#adopt()
    })
  }

  async #list(): Promise<void> {
    this.#store.update({ summaries: await this.#archive.list() })
  }

  #tell(id: string): void {
    this.#channel.postMessage(id)
  }

  #do(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch(() => {
      if (!this.#isLost) this.#onLost()
      this.#isLost = true
    })
  }
}
