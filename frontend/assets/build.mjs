// Bundles stylesheets, elements, fonts and icons into built/, under names that carry the hash of their content, and
// writes manifest.json: logical name -> file. A file may therefore be cached for ever and never be stale.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "built");
// Browsers that know light-dark(), :has() and @layer: the floor stated in layout/README.md.
const target = ["chrome123", "firefox121", "safari17.5"];

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  sourcemap: true,
  metafile: true,
  outdir: "building",
  target,
  entryNames: "[name]-[hash]",
  assetNames: "fonts/[name]-[hash]",
  chunkNames: "chunks/[name]-[hash]",
  logLevel: "warning",
  legalComments: "linked",
};

async function bundle() {
  const scripts = await esbuild.build({
    ...shared,
    entryPoints: ["elements/app.ts"],
    format: "esm",
    splitting: true,
  });
  const styles = await esbuild.build({
    ...shared,
    entryPoints: ["styles/app.css", "styles/fonts.css", "styles/public.css"],
    loader: { ".woff2": "file" },
  });
  return [scripts.metafile, styles.metafile];
}

/** Entry points of a metafile, by the name that templates ask for: `app.ts` is asked for as `app.js`. */
function entries(metafile) {
  const named = {};
  for (const [file, about] of Object.entries(metafile.outputs)) {
    if (!about.entryPoint) continue;
    const logical = basename(about.entryPoint).replace(/\.ts$/, ".js");
    named[logical] = relative("building", file);
  }
  const latin = Object.keys(metafile.outputs).find((file) => /inter-latin-opsz-normal-\w+\.woff2$/.test(file));
  if (latin) named["inter.woff2"] = relative("building", latin);
  return named;
}

function hashed(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  const file = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  writeFileSync(join(here, "building", file), content);
  return { [name]: file };
}

/** One sprite of the icons that icons.json names: our name -> lucide's. */
function sprite() {
  const wanted = JSON.parse(readFileSync(join(here, "icons.json"), "utf8"));
  const symbols = Object.entries(wanted).map(([name, lucide]) => {
    const source = readFileSync(join(here, "node_modules/lucide-static/icons", `${lucide}.svg`), "utf8");
    const inner = source.replace(/<!--[\s\S]*?-->/g, "").replace(/<svg[\s\S]*?>/, "").replace("</svg>", "").replace(/\s+/g, " ").trim();
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

/** What paper is set in: whole static faces. WeasyPrint mixes up the glyphs of faces that are cut by unicode-range. */
const PAPER_FACES = [
  "@embedpdf/fonts-sc/fonts/NotoSansHans-Regular.otf",
  "@embedpdf/fonts-sc/fonts/NotoSansHans-Bold.otf",
  ...[400, 500, 600, 700].map((weight) => `@fontsource/inter/files/inter-latin-${weight}-normal.woff2`),
];

/** WeasyPrint reads this sheet from the disk beside its faces, so nothing in it is hashed. */
function printSheet() {
  const folder = join(here, "building/print");
  mkdirSync(join(folder, "files"), { recursive: true });
  cpSync(join(here, "print.css"), join(folder, "print.css"));
  for (const face of PAPER_FACES) cpSync(join(here, "node_modules", face), join(folder, "files", basename(face)));
  return { "print.css": "print/print.css" };
}

async function build() {
  rmSync(join(here, "building"), { recursive: true, force: true });
  mkdirSync(join(here, "building"), { recursive: true });
  const metafiles = await bundle();
  const manifest = Object.assign(
    {},
    ...metafiles.map(entries),
    hashed("icons.svg", sprite()),
    hashed("mark.svg", readFileSync(join(here, "mark.svg"))),
    hashed("zxing_reader.wasm", barcodeReader()),
    printSheet(),
  );
  writeFileSync(join(here, "building/manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  // Swapped in at the end, so that a server never reads a half-written folder.
  rmSync(out, { recursive: true, force: true });
  renameSync(join(here, "building"), out);
  return manifest;
}

const started = Date.now();
const manifest = await build();
console.log(`built ${Object.keys(manifest).length} assets in ${Date.now() - started} ms`);
