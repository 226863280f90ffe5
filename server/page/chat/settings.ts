/** What the reader has chosen for the next answers. What is not set is left to the server. */
export interface Settings {
  readonly model?: string | undefined
  /** From 0 to 2. */
  readonly temperature?: number | undefined
  /** The longest answer. Tokens. */
  readonly maxTokens?: number | undefined
}

const KEY = 'settings'

/** Reads what was chosen when the page was last open. */
export function loadSettings(storage: Storage | undefined): Settings {
  try {
    const { model, temperature, maxTokens } = JSON.parse(storage?.getItem(KEY) ?? '{}')
    return {
      ...(typeof model === 'string' && { model }),
      ...(typeof temperature === 'number' && { temperature }),
      ...(typeof maxTokens === 'number' && { maxTokens })
    }
  } catch {
    // Something else was stored under this key.
    return {}
  }
}

export function saveSettings(storage: Storage | undefined, settings: Settings): void {
  try {
    storage?.setItem(KEY, JSON.stringify(settings))
  } catch {
    // They last until a reload then.
  }
}

/** What is sent of the settings. A model that the server no longer has is left out. */
export function toOptions({ model, temperature, maxTokens }: Settings, models: readonly string[]) {
  return {
    ...(model !== undefined && models.includes(model) && { model }),
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { maxTokens })
  }
}
