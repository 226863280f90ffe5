import type { Test } from 'tap'
import { startNginx } from '../helpers/nginx.js'

/** Starts nginx with its default settings in front of a server. @returns its URL */
export function nginx(t: Test, upstream: number): Promise<string> {
  return startNginx(
    t,
    port => `
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://127.0.0.1:${upstream};
        }
      }
    `
  )
}
