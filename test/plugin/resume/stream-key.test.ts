import t from 'tap'
import { hashOwner, streamKey } from '../../../plugin/resume/stream-key.js'

const OWNERS = [
  'me',
  'ME',
  'me ',
  'me\0',
  '0',
  'é',
  'e\u0301',
  '\ud800',
  '\ud801',
  '\ufffd',
  '\u{1f600}',
  '\ude00\ud83d',
  'm\0e\0',
  'o'.repeat(10_000),
  `${'o'.repeat(10_000)}o`
]
const SECRET = 'a secret of the nodes'

t.test('different owners have different hashes, which show nothing of them', async t => {
  const hashes = [undefined, SECRET, `${SECRET}!`].flatMap(key => OWNERS.map(owner => hashOwner(owner, key)))
  t.equal(new Set(hashes).size, 3 * OWNERS.length)
  for (const hash of hashes) t.match(hash, /^[\w-]{43}$/)
  t.equal(hashOwner('me', SECRET), hashOwner('me', SECRET), 'on every node the same')
})

t.test('different streams have different keys, in the form that stores take', async t => {
  const ids = ['a', 'A', 'a-', 'a_', 'msg-43', 'x'.repeat(128)]
  const owners = [undefined, ...OWNERS.map(owner => hashOwner(owner, SECRET))]
  const keys = owners.flatMap(owner => ids.map(id => streamKey(id, owner)))
  t.equal(new Set(keys).size, ids.length * owners.length)
  for (const key of keys) t.match(key, /^[\w.-]{1,172}$/)
  t.equal(streamKey('msg-43', undefined), 'msg-43')
})
