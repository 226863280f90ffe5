import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'

const script = join(import.meta.dirname, '../../scripts/columns.mjs')

/** Checks a tree that has these lines in its source code. */
async function check(t: Test, lines: Record<'ts' | 'mjs' | 'go', string>) {
  const cwd = t.testdir({
    plugin: { sse: { 'event.ts': `const first = 1\n${lines.ts}\n` } },
    bench: { 'main.go': `${lines.go}\n` },
    'top.mjs': `${lines.mjs}\n`,
    node_modules: { 'library.mjs': '/'.repeat(1000) },
    dist: { 'built.mjs': '/'.repeat(1000) },
    docs: { 'prose.md': 'x'.repeat(1000) }
  })
  return new Promise<{ code: unknown; message: string }>(resolve => {
    execFile(process.execPath, [script], { cwd }, (error, _, message) => resolve({ code: error?.code ?? 0, message }))
  })
}

t.test('lines of 120 columns pass, however many bytes they have', async t => {
  const result = await check(t, { ts: `// ${'ü'.repeat(117)}`, mjs: `// ${'👩'.repeat(117)}`, go: 'x'.repeat(120) })
  t.strictSame(result, { code: 0, message: '' })
})

t.test('a longer line fails, and the message says where it is', async t => {
  const { code, message } = await check(t, { ts: `// ${'a'.repeat(118)}`, mjs: '', go: 'x'.repeat(130) })
  t.equal(code, 1)
  t.strictSame(message.trimEnd().split('\n'), [
    'bench/main.go:1 has 130 columns; at most 120 are allowed',
    'plugin/sse/event.ts:2 has 121 columns; at most 120 are allowed'
  ])
})
