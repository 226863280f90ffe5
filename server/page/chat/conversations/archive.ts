import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { type Conversation, type Summary, titleOf } from './conversations.js'

/** How long a deleted conversation can be brought back, at least. Milliseconds. */
const KEEP_DELETED = 600_000

interface Schema extends DBSchema {
  conversations: { key: string; value: Conversation }
  summaries: { key: string; value: Summary }
}

/** The conversations in this browser. Each method rejects if the browser cannot store anything. */
export class Archive {
  readonly #database: Promise<IDBPDatabase<Schema>>

  constructor() {
    this.#database = open()
    // Each use reports it.
    this.#database.catch(() => {})
  }

  /** The conversations that are not deleted, the one that has changed last first. */
  async list(): Promise<Summary[]> {
    const all = await (await this.#database).getAll('summaries')
    return all.filter(({ deletedAt }) => deletedAt === undefined).sort((a, b) => b.changedAt - a.changedAt)
  }

  /** @returns `undefined` if there is none, or if it was deleted */
  async get(id: string): Promise<Conversation | undefined> {
    const transaction = (await this.#database).transaction(['conversations', 'summaries'])
    const summary = await transaction.objectStore('summaries').get(id)
    return summary === undefined || summary.deletedAt !== undefined
      ? undefined
      : transaction.objectStore('conversations').get(id)
  }

  /**
   * Saves a conversation, unless another tab has saved a newer version.
   *
   * @param base the revision that the conversation had before it was changed
   * @returns whether it was saved
   */
  async put(conversation: Conversation, base: number, now: number): Promise<boolean> {
    const transaction = (await this.#database).transaction(['conversations', 'summaries'], 'readwrite')
    const { id, revision } = conversation
    const stored = await transaction.objectStore('summaries').get(id)
    const isFree = stored === undefined || stored.revision <= base
    if (isFree) {
      const summary = { id, title: titleOf(conversation), revision, changedAt: now }
      await Promise.all([
        transaction.objectStore('conversations').put(conversation),
        transaction.objectStore('summaries').put(summary)
      ])
    }
    await transaction.done
    return isFree
  }

  /** Changes the summary of a conversation, and its title with it. @returns the revision after that */
  async change(id: string, change: Partial<Pick<Summary, 'title' | 'deletedAt'>>): Promise<number | undefined> {
    const transaction = (await this.#database).transaction(['conversations', 'summaries'], 'readwrite')
    const [conversations, summaries] = [transaction.objectStore('conversations'), transaction.objectStore('summaries')]
    const [summary, conversation] = await Promise.all([summaries.get(id), conversations.get(id)])
    if (summary === undefined || conversation === undefined) return undefined
    const revision = summary.revision + 1
    const title = change.title ?? conversation.title
    await Promise.all([
      summaries.put({ ...summary, ...change, revision }),
      conversations.put({ ...conversation, title, revision })
    ])
    await transaction.done
    return revision
  }

  /** Removes what was deleted long ago. */
  async clean(now: number): Promise<void> {
    const transaction = (await this.#database).transaction(['conversations', 'summaries'], 'readwrite')
    for (const { id, deletedAt } of await transaction.objectStore('summaries').getAll()) {
      if (deletedAt === undefined || deletedAt > now - KEEP_DELETED) continue
      await transaction.objectStore('conversations').delete(id)
      await transaction.objectStore('summaries').delete(id)
    }
    await transaction.done
  }
}

/** Rejects, too, if the browser has no database at all. */
async function open(): Promise<IDBPDatabase<Schema>> {
  return openDB<Schema>('chat', 1, {
    upgrade(database) {
      database.createObjectStore('conversations', { keyPath: 'id' })
      database.createObjectStore('summaries', { keyPath: 'id' })
    }
  })
}
