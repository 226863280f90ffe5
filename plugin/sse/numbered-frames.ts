/** The frames of a log with their ids, as they are sent. */
export interface NumberedFrames {
  readonly text: string
  /** How many frames it has. */
  readonly count: number
}

/** What the id lines of a stream begin with. In one piece, since every frame is joined with it: a template gives a tree of pieces. */
export function idPrefix(stream: string): string {
  return ['id: ', stream, ':'].join('')
}

/** The frame of the last event, with its id. */
export function withId(id: string, frame: string): string {
  return `id: ${id}\n${frame}`
}

/** Whether clients dispatch a frame: it ends with a blank line. Some take the one after `id:` alone for an event. */
export function isDispatchedFrame(frame: string): boolean {
  return frame.endsWith('\n\n')
}

/**
 * Puts ids in front of frames.
 *
 * @param prefix what `idPrefix` gave
 * @param first the number of the first frame
 * @param frames is used up: what it holds afterwards is of no use
 * @param isAside whether the frame of a number goes without an id, since clients do not dispatch it; `undefined` for none
 * @param maxUnits the most UTF-16 code units that several frames have together
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
