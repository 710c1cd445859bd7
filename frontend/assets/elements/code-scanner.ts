// <code-scanner for="input-id" wasm="url" submits?>: reads QR and bar codes with the camera or from a photo into an input, or lets one type.
// The reader is WebAssembly from our own server; nothing leaves the phone. Dispatches `scanned` {code, format}.
import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";
import { word } from "./words.ts";

const FORMATS = ["qr_code", "data_matrix", "code_128", "ean_13", "itf"] as const;
const PAUSE_MS = 150;

class CodeScanner extends HTMLElement {
  #stream: MediaStream | undefined;
  #detector: BarcodeDetector | undefined;
  #video = document.createElement("video");
  #said = document.createElement("p");

  connectedCallback(): void {
    this.#video.playsInline = this.#video.muted = true;
    this.#video.hidden = true;
    this.#said.setAttribute("role", "status");
    this.#said.className = "hint";
    this.append(this.#video, this.#said);
    this.querySelector("[data-start]")?.addEventListener("click", () => void (this.#stream ? this.#stop() : this.#start()));
    this.querySelector("input[type=file]")?.addEventListener("change", (event) => void this.#photo(event.target as HTMLInputElement));
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  async #start(): Promise<void> {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      this.#said.textContent = word("camera_refused");
      return;
    }
    this.#video.srcObject = this.#stream;
    this.#video.hidden = false;
    this.#said.textContent = word("scanning");
    await this.#video.play();
    await this.#watch();
  }

  #stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.#video.hidden = true;
  }

  async #watch(): Promise<void> {
    while (this.#stream) {
      if (await this.#read(this.#video)) return;
      await new Promise((wake) => setTimeout(wake, PAUSE_MS));
    }
  }

  async #photo(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    if (file && !(await this.#read(await createImageBitmap(file)))) this.#said.textContent = word("none_read");
  }

  /** The reader is a megabyte: fetched when the first picture is there to read. */
  #reader(): BarcodeDetector {
    if (!this.#detector) {
      prepareZXingModule({
        overrides: { locateFile: (path: string) => (path.endsWith(".wasm") ? (this.getAttribute("wasm") ?? path) : path) },
      });
      this.#detector = new BarcodeDetector({ formats: [...FORMATS] });
    }
    return this.#detector;
  }

  async #read(picture: HTMLVideoElement | ImageBitmap): Promise<boolean> {
    const [found] = await this.#reader().detect(picture);
    if (!found) return false;
    this.#stop();
    navigator.vibrate?.(60);
    this.#said.textContent = word("scanned", { code: found.rawValue });
    this.dispatchEvent(new CustomEvent("scanned", { bubbles: true, detail: { code: found.rawValue, format: found.format } }));
    this.#fill(found.rawValue);
    return true;
  }

  #fill(code: string): void {
    const input = document.getElementById(this.getAttribute("for") ?? "") as HTMLInputElement | null;
    if (!input) return;
    input.value = code;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    if (this.hasAttribute("submits")) input.form?.requestSubmit();
  }
}

customElements.define("code-scanner", CodeScanner);
