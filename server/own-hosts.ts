import { hostname } from 'node:os'

/**
 * The names of this machine: as it calls itself, and as mDNS announces it on the local network.
 *
 * @param host the address or the name to listen on
 */
export function ownHosts(host: string, name = hostname()): string[] {
  const [label = ''] = name.split('.')
  return [host, name, label, `${label}.local`].filter(each => /^[a-z\d_-]+(\.[a-z\d_-]+)*$/i.test(each))
}
