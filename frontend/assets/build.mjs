// Bundles stylesheets, elements, fonts and icons into built/, under names that carry the hash of their content, and writes manifest.json:
// logical name -> file. A file may therefore be cached for ever and never be stale. The manifest is written last and at one stroke, and files
// of earlier builds stay for a day: servers and pages that were started with the old manifest go on finding them.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "built");
const KEPT_MS = 24 * 60 * 60 * 1000;
// Browsers that know light-dark(), :has(), popover and @layer: the floor stated in layout/README.md.
const target = ["chrome123", "firefox125", "safari17.5"];
/** What paper is set in: whole static faces. WeasyPrint mixes up the glyphs of faces that are cut by unicode-range. */
const PAPER_FACES = [
  "@embedpdf/fonts-sc/fonts/NotoSansHans-Regular.otf",
  "@embedpdf/fonts-sc/fonts/NotoSansHans-Bold.otf",
  ...[400, 500, 600, 700].map((weight) => `@fontsource/inter/files/inter-latin-${weight}-normal.woff2`),
];

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  sourcemap: true,
  metafile: true,
  write: false,
  outdir: "built",
  target,
  entryNames: "[name]-[hash]",
  assetNames: "fonts/[name]-[hash]",
  chunkNames: "chunks/[name]-[hash]",
  logLevel: "warning",
  legalComments: "linked",
};

/** Put a file in place whole: a reader sees the old one or the new one. One that is there already is only marked as still wanted. */
function place(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(content))) {
    const now = new Date();
    utimesSync(path, now, now);
    return;
  }
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, content);
  renameSync(fresh, path);
}

async function bundle(options) {
  const result = await esbuild.build({ ...shared, ...options });
  for (const file of result.outputFiles) place(file.path, file.contents);
  return entries(result.metafile);
}

/** Entry points of a metafile by the name that templates ask for: `app.ts` is asked for as `app.js`. The Latin face is there to be preloaded. */
function entries(metafile) {
  const named = {};
  for (const [file, about] of Object.entries(metafile.outputs)) {
    const logical = about.entryPoint && basename(about.entryPoint).replace(/\.ts$/, ".js");
    if (logical && dirname(file) === "built") named[logical] = relative("built", file);
    if (/inter-latin-opsz-normal-\w+\.woff2$/.test(file)) named["inter.woff2"] = relative("built", file);
  }
  return named;
}

function hashed(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  const file = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  place(join(out, file), content);
  return { [name]: file };
}

/** One sprite of the icons that icons.json names: our name -> lucide's. */
function sprite() {
  const wanted = JSON.parse(readFileSync(join(here, "icons.json"), "utf8"));
  const symbols = Object.entries(wanted).map(([name, lucide]) => {
    const source = readFileSync(join(here, "node_modules/lucide-static/icons", `${lucide}.svg`), "utf8");
    const inner = source.replace(/<!--[\s\S]*?-->|<svg[\s\S]*?>|<\/svg>/g, "").replace(/\s+/g, " ").trim();
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

/** The barcode reader must come from the very zxing-wasm that barcode-detector was built with: another minor version crashes. */
function barcodeReader() {
  const nested = join(here, "node_modules/barcode-detector/node_modules/zxing-wasm/dist/reader/zxing_reader.wasm");
  const hoisted = join(here, "node_modules/zxing-wasm/dist/reader/zxing_reader.wasm");
  return readFileSync(existsSync(nested) ? nested : hoisted);
}

/** WeasyPrint reads this sheet from the disk beside its faces, so nothing in it is hashed. */
function printSheet() {
  place(join(out, "print/print.css"), readFileSync(join(here, "print.css")));
  for (const face of PAPER_FACES) place(join(out, "print/files", basename(face)), readFileSync(join(here, "node_modules", face)));
  return { "print.css": "print/print.css" };
}

function forgetOldFiles() {
  for (const name of readdirSync(out, { recursive: true })) {
    const found = statSync(join(out, name), { throwIfNoEntry: false });
    if (found?.isFile() && Date.now() - found.mtimeMs > KEPT_MS) rmSync(join(out, name), { force: true });
  }
}

const started = Date.now();
const manifest = {
  ...(await bundle({ entryPoints: ["elements/app.ts"], format: "esm", splitting: true })),
  ...(await bundle({ entryPoints: ["elements/walk-worker.ts"], format: "iife" })),
  ...(await bundle({ entryPoints: ["styles/app.css", "styles/fonts.css", "styles/public.css"], loader: { ".woff2": "file" } })),
  ...hashed("icons.svg", sprite()),
  ...hashed("mark.svg", readFileSync(join(here, "mark.svg"))),
  ...hashed("zxing_reader.wasm", barcodeReader()),
  ...printSheet(),
};
place(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
forgetOldFiles();
console.log(`built ${Object.keys(manifest).length} assets in ${Date.now() - started} ms`);
