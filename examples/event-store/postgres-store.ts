import { randomUUID } from 'node:crypto'
import {
  type EventStore,
  FST_SSE_PRODUCER_FENCED,
  FST_SSE_STORE_UNAVAILABLE,
  type LeaseStatus,
  type LogPage
} from 'fastify-sse-from'

/** What the store needs of a Postgres client. A `PGlite` has it. */
export interface Database {
  query<Row>(sql: string, values: unknown[]): Promise<{ rows: Row[] }>
  /** Calls back with the payload of each notification, and without one if some may have been missed. */
  listen(channel: string, callback: (payload?: string) => void): Promise<() => Promise<void>>
}

/** Frames are stored as JSON, since they may contain U+0000, which Postgres does not accept in text. */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sse_log (
    id text PRIMARY KEY,
    producer text NOT NULL,
    meta text NOT NULL,
    last integer NOT NULL DEFAULT 0,
    stop boolean NOT NULL DEFAULT false,
    end_frame text,
    lost boolean NOT NULL DEFAULT false,
    held_until timestamptz NOT NULL,
    expires timestamptz NOT NULL
  );
  CREATE INDEX IF NOT EXISTS sse_log_expires ON sse_log (expires);
  CREATE TABLE IF NOT EXISTS sse_event (
    id text REFERENCES sse_log ON DELETE CASCADE,
    number integer,
    frame text NOT NULL,
    PRIMARY KEY (id, number)
  );
  CREATE TABLE IF NOT EXISTS sse_follower (
    id text REFERENCES sse_log ON DELETE CASCADE,
    node text,
    expires timestamptz NOT NULL,
    PRIMARY KEY (id, node)
  )`

const CHANNEL = 'sse'
const PAGE_SIZE = 1000
/** The clock of the database, since the clocks of the nodes differ. */
const NOW = 'clock_timestamp()'
const inMs = (parameter: string) => `${NOW} + ${parameter} * interval '1 millisecond'`

/** Keeps the events of resumable streams in Postgres. Whatever must not be torn apart is a single statement. */
export class PostgresStore implements EventStore {
  readonly maxEvents = 65_536
  readonly maxBytes = 1024 * 1024
  readonly linger = 200
  readonly lease: number
  readonly #keep: number
  readonly #database: Database
  readonly #node = randomUUID()

  constructor(database: Database, { lease = 10_000, keep = 300_000 } = {}) {
    this.#database = database
    this.lease = lease
    this.#keep = keep
  }

  async create(id: string, producer: string, owner: string | undefined, protocol?: string): Promise<boolean> {
    await this.#run(`DELETE FROM sse_log WHERE expires <= ${NOW}`)
    await this.#run(
      `INSERT INTO sse_log (id, producer, meta, held_until, expires)
       VALUES ($1, $2, $3, ${inMs('$4')}, ${inMs('$5')}) ON CONFLICT DO NOTHING`,
      [id, producer, JSON.stringify({ owner, protocol }), this.lease, this.lease + this.#keep]
    )
    const [log] = await this.#run<{ producer: string }>('SELECT producer FROM sse_log WHERE id = $1', [id])
    return log?.producer === producer
  }

  async append(id: string, producer: string, first: number, events: readonly string[], end?: string): Promise<number> {
    const frames = events.map(event => JSON.stringify(event))
    const endFrame = end === undefined ? null : JSON.stringify(end)
    // $3 is the last number if these events are next, $4 is the last number once they are stored.
    const [log] = await this.#run<{ last: number }>(
      `WITH log AS (
         UPDATE sse_log SET
           last = CASE WHEN last = $3 THEN $4 ELSE last END,
           end_frame = CASE WHEN last IN ($3, $4) THEN $5 END,
           expires = CASE WHEN last IN ($3, $4) AND $5 IS NOT NULL THEN ${inMs('$6')} ELSE expires END
         WHERE id = $1 AND producer = $2 AND end_frame IS NULL AND held_until > ${NOW}
         RETURNING last
       ), stored AS (
         INSERT INTO sse_event
         SELECT $1, $3 + n, frame FROM log, unnest($7::text[]) WITH ORDINALITY AS event (frame, n) WHERE last = $4
         ON CONFLICT DO NOTHING
       )
       SELECT last, (
         SELECT pg_notify('${CHANNEL}', $1) WHERE EXISTS (SELECT FROM sse_follower WHERE id = $1)
       ) FROM log`,
      [id, producer, first - 1, first - 1 + events.length, endFrame, this.#keep, frames]
    )
    if (log !== undefined) return log.last
    const [ended] = await this.#run<{ last: number }>(
      'SELECT last FROM sse_log WHERE id = $1 AND producer = $2 AND end_frame = $3 AND NOT lost',
      [id, producer, endFrame]
    )
    if (ended === undefined) throw new FST_SSE_PRODUCER_FENCED()
    return ended.last
  }

  async renew(id: string, producer: string): Promise<LeaseStatus> {
    const [status] = await this.#run<LeaseStatus>(
      `UPDATE sse_log SET held_until = ${inMs('$3')}, expires = ${inMs('$4')}
       WHERE id = $1 AND producer = $2 AND end_frame IS NULL AND held_until > ${NOW}
       RETURNING stop, (SELECT count(*)::int FROM sse_follower WHERE id = $1 AND expires > ${NOW}) AS followers`,
      [id, producer, this.lease, this.lease + this.#keep]
    )
    if (status === undefined) throw new FST_SSE_PRODUCER_FENCED()
    return status
  }

  async read(id: string, after: number): Promise<LogPage | undefined> {
    const [log] = await this.#run<LogRow>(
      `SELECT producer, meta, last, end_frame, lost,
              extract(epoch FROM held_until - ${NOW})::float8 * 1000 AS ms_left, ARRAY(
         SELECT frame FROM sse_event WHERE id = $1 AND number > $2::bigint ORDER BY number LIMIT ${PAGE_SIZE}
       ) AS frames
       FROM sse_log WHERE id = $1 AND expires > ${NOW}`,
      [id, after]
    )
    if (log === undefined) return undefined
    const { owner, protocol } = JSON.parse(log.meta)
    const more = after + log.frames.length < log.last
    return {
      producer: log.producer,
      owner,
      protocol,
      first: after + 1,
      events: log.frames.map(frame => JSON.parse(frame)),
      more,
      end: log.end_frame === null || more ? undefined : { frame: JSON.parse(log.end_frame), lost: log.lost },
      leaseLeft: log.end_frame === null ? Math.max(0, log.ms_left) : 0
    }
  }

  async follow(id: string): Promise<void> {
    const known = await this.#run(
      `UPDATE sse_follower SET expires = ${inMs('$3')} WHERE id = $1 AND node = $2 AND expires > ${NOW} RETURNING id`,
      [id, this.#node, this.lease]
    )
    if (known.length > 0) return
    await this.#run(
      `INSERT INTO sse_follower
       SELECT id, $2, ${inMs('$3')} FROM sse_log WHERE id = $1 AND end_frame IS NULL AND expires > ${NOW}
       ON CONFLICT (id, node) DO UPDATE SET expires = excluded.expires`,
      [id, this.#node, this.lease]
    )
    await this.#notify(id)
  }

  async unfollow(id: string): Promise<void> {
    await this.#run('DELETE FROM sse_follower WHERE id = $1 AND node = $2', [id, this.#node])
    await this.#notify(id)
  }

  async endLost(id: string, end: string): Promise<boolean> {
    const ended = await this.#run(
      `UPDATE sse_log SET end_frame = $2, lost = true, expires = ${inMs('$3')}
       WHERE id = $1 AND end_frame IS NULL AND held_until <= ${NOW} AND expires > ${NOW} RETURNING id`,
      [id, JSON.stringify(end), this.#keep]
    )
    await this.#notify(id)
    return ended.length > 0
  }

  async stop(id: string): Promise<boolean> {
    const stopped = await this.#run(
      `UPDATE sse_log SET stop = true
       WHERE id = $1 AND expires > ${NOW} RETURNING id`,
      [id]
    )
    await this.#notify(id)
    return stopped.length > 0
  }

  subscribe(notify: (id: string | undefined) => void): () => void {
    let isOver = false
    const callback = (id?: string) => {
      if (!isOver) notify(id)
    }
    const listening = this.#database.listen(CHANNEL, callback)
    // Only now will no notification be missed. If it fails, nodes still read every few seconds.
    listening.then(() => callback(undefined)).catch(() => {})
    return () => {
      isOver = true
      listening.then(unlisten => unlisten()).catch(() => {})
    }
  }

  /** Every node hears of every change, and ignores what it has nothing to do with. */
  async #notify(id: string): Promise<void> {
    await this.#run(`SELECT pg_notify('${CHANNEL}', $1)`, [id])
  }

  async #run<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    try {
      const { rows } = await this.#database.query<Row>(sql, values)
      return rows
    } catch (error) {
      // The error of a client may carry the values of the statement, which do not belong in a log.
      throw new FST_SSE_STORE_UNAVAILABLE({ cause: new Error((error as Error).message) })
    }
  }
}

interface LogRow {
  producer: string
  meta: string
  last: number
  end_frame: string | null
  lost: boolean
  ms_left: number
  frames: string[]
}
