const KEY = 'api-key'

/** The API key of the server, if it asks for one. It is kept for this tab, and goes to this server only. */
export class ApiKey {
  readonly #storage: Storage | undefined
  #value: string

  constructor(storage: Storage | undefined) {
    this.#storage = storage
    this.#value = storage?.getItem(KEY) ?? ''
  }

  set(value: string): void {
    this.#value = value
    try {
      this.#storage?.setItem(KEY, value)
    } catch {
      // It lasts until a reload then.
    }
  }

  /** The headers of a request. */
  headers(): Record<string, string> {
    return this.#value === '' ? {} : { authorization: `Bearer ${this.#value}` }
  }
}
