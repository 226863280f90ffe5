/** The longest text of one message or prompt. Characters. */
export const MAX_TEXT = 100_000

/** The most messages of one conversation. */
export const MAX_MESSAGES = 1000

/**
 * The largest body that is read at all. Bytes. A smaller body with a text that is too long gets an error that names the
 * field.
 */
export const MAX_BODY = 4 * 1024 * 1024
