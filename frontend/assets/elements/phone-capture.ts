// <phone-capture challenge label address>: one lot to show. Scanned label, live picture and count are signed together and kept; `phone-key` sends them.
// A picture comes from the running camera, frame by frame; one from a file is taken too, and says so in what is signed.
import { base64, digest, keepSigned, whereabouts } from "./phone-store.ts";
import { word } from "./words.ts";

const LONGEST_SIDE = 1920;
const QUALITY = 0.85;
const FORM = "bailee-capture-1";

class PhoneCapture extends HTMLElement {
  #stream: MediaStream | undefined;
  #video = document.createElement("video");
  #picture = document.createElement("img");
  #photo: Uint8Array<ArrayBuffer> | undefined;
  #live = false;

  connectedCallback(): void {
    this.#video.playsInline = this.#video.muted = true;
    this.#video.hidden = this.#picture.hidden = true;
    this.#picture.alt = word("picture_taken");
    this.#step("photo")?.append(this.#video, this.#picture);
    this.#on("[data-camera]", "click", () => void this.#start());
    this.#on("[data-shoot]", "click", () => void this.#take(this.#video, true));
    this.#on("[data-file]", "change", (event) => void this.#fromFile(event.target as HTMLInputElement));
    this.#on("[data-send]", "click", () => void this.#send());
    for (const input of this.querySelectorAll("input")) input.addEventListener("input", () => this.#paint());
    this.querySelector("[data-label]")?.addEventListener("change", () => this.#paint());
    document.addEventListener("phone-told", this.#told);
  }

  disconnectedCallback(): void {
    this.#stop();
    document.removeEventListener("phone-told", this.#told);
  }

  async #start(): Promise<void> {
    try {
      const video = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1440 } };
      this.#stream = await navigator.mediaDevices.getUserMedia({ video });
    } catch {
      return this.#say(word("camera_refused"), "danger");
    }
    this.#picture.hidden = true;
    this.#video.hidden = false;
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    this.#show("[data-shoot]", true);
  }

  #stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.#video.hidden = true;
    this.#show("[data-shoot]", false);
  }

  async #fromFile(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    if (file) await this.#take(await createImageBitmap(file), false);
  }

  async #take(source: HTMLVideoElement | ImageBitmap, live: boolean): Promise<void> {
    const [width, height] = source instanceof HTMLVideoElement ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    const canvas = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
    canvas.getContext("2d")?.drawImage(source, 0, 0, canvas.width, canvas.height);
    const drawn = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
    this.#photo = new Uint8Array(await drawn.arrayBuffer());
    this.#live = live;
    this.#stop();
    this.#picture.src = URL.createObjectURL(drawn);
    this.#picture.hidden = false;
    this.#paint();
  }

  async #send(): Promise<void> {
    if (!this.#photo) return;
    const photo = this.#photo;
    this.#photo = undefined;
    this.#paint();
    this.#say(word("signing"), "neutral");
    const said = { challenge: this.#challenge, photo: await digest(photo), label: this.#value("[data-label]"), counted: this.#counted, place: await whereabouts(), live: this.#live };
    await keepSigned(this.getAttribute("address") ?? "", this.#challenge, FORM, said, { photo: base64(photo) });
    this.#say(word("picture_kept"), "neutral");
    document.dispatchEvent(new CustomEvent("capture-kept"));
  }

  #told = (event: Event): void => {
    const told = (event as CustomEvent<{ about: string; said: string; accepted: boolean }>).detail;
    if (told.about !== this.#challenge) return;
    this.#say(told.accepted ? [word("picture_accepted"), told.said].join(" ") : told.said, told.accepted ? "ok" : "danger");
    if (told.accepted) setTimeout(() => location.reload(), 1500);
  };

  /** Ticks behind what is done; the button waits for all of it. */
  #paint(): void {
    const done = {
      label: this.#value("[data-label]").endsWith(this.getAttribute("label") ?? "?"),
      photo: this.#photo !== undefined,
      count: /^\d+(\.\d{1,3})?$/.test(this.#counted),
    };
    for (const [name, holds] of Object.entries(done)) this.#step(name)?.toggleAttribute("data-done", holds);
    const button = this.querySelector<HTMLButtonElement>("[data-send]");
    if (button) button.disabled = !(this.#value("[data-label]") && done.photo && done.count);
  }

  get #challenge(): string {
    return this.getAttribute("challenge") ?? "";
  }
  get #counted(): string {
    return this.#value("[data-counted]").replace(/[\s,，]/g, "");
  }
  #value(place: string): string {
    return this.querySelector<HTMLInputElement>(place)?.value.trim() ?? "";
  }
  #step(name: string): HTMLElement | null {
    return this.querySelector<HTMLElement>(`[data-step=${name}]`);
  }
  #on(place: string, event: string, act: (event: Event) => void): void {
    this.querySelector(place)?.addEventListener(event, act);
  }
  #show(place: string, shown: boolean): void {
    const found = this.querySelector<HTMLElement>(place);
    if (found) found.hidden = !shown;
  }
  #say(text: string, tone: string): void {
    const line = this.querySelector<HTMLElement>("[data-said]");
    if (!line) return;
    line.textContent = text;
    line.dataset["tone"] = tone;
  }
}

customElements.define("phone-capture", PhoneCapture);
