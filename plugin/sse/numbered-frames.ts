/** Frames of a log with their ids, as they are sent. */
export interface NumberedFrames {
  readonly text: string
  /** How many frames these are. */
  readonly count: number
}

/**
 * The start of the id lines of a stream. It is one flat string, since it is joined with every frame; a template would
 * make a tree of strings.
 */
export function idPrefix(stream: string): string {
  return ['id: ', stream, ':'].join('')
}

/** Adds an id to the frame of a last event. */
export function withId(id: string, frame: string): string {
  return `id: ${id}\n${frame}`
}

/** Whether clients dispatch a frame: it ends with a blank line. */
export function isDispatchedFrame(frame: string): boolean {
  return frame.endsWith('\n\n')
}

/**
 * Adds ids to frames. A comment or `retry:` alone gets none: some clients would take the blank line after it for an
 * event.
 *
 * @param prefix the result of `idPrefix`
 * @param first the number of the first frame
 * @param frames used up: its content afterwards is undefined
 * @param isAside whether the frame of a number gets no id; `undefined` if all get one
 * @param maxUnits the most UTF-16 code units of the result, unless it is a single frame
 */
export function numberFrames(
  prefix: string,
  first: number,
  frames: string[],
  isAside: ((number: number) => boolean) | undefined,
  maxUnits: number
): NumberedFrames {
  let start = ''
  let parts = 0
  let count = 0
  let units = 0
  for (; count < frames.length; count++) {
    const frame = frames[count] as string
    const number = first + count
    const hasId = isAside === undefined || !isAside(number)
    const part = hasId ? `${number}\n${frame}` : frame
    units += hasId ? prefix.length + part.length : part.length
    if (units > maxUnits && count > 0) break
    if (hasId) frames[parts++] = part
    else if (parts > 0) frames[parts - 1] += part
    else start += part
  }
  frames.length = parts
  if (parts > 0) frames[0] = start + prefix + frames[0]
  return { text: parts > 0 ? frames.join(prefix) : start, count }
}
