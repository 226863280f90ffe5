/** Bundles the page that `npm start` serves into dist/page. */
import { build } from 'esbuild'

await build({
  entryPoints: ['server/page/index.html', 'server/page/icon.svg', 'server/page/style.css', 'server/page/main.ts'],
  outdir: 'dist/page',
  loader: { '.html': 'copy', '.svg': 'copy' },
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  sourcemap: 'linked',
  logLevel: 'warning'
})
