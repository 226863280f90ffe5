/** Writes dist/page: the page that `npm start` serves. */
import { build } from 'esbuild'

await build({
  entryPoints: ['page/index.html', 'page/icon.svg', 'page/style.css', 'page/main.ts'],
  outdir: 'dist/page',
  loader: { '.html': 'copy', '.svg': 'copy' },
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  sourcemap: 'linked',
  logLevel: 'warning'
})
