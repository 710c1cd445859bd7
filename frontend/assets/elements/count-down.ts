// <count-down until="ISO" watch="3600" urgent="300">: time left by the server's clock. Turns to watch, then danger; speaks at thresholds;
// dispatches `ended` once.
import { everySecond, serverNow } from "./server-time.ts";
import { word } from "./words.ts";

const SPOKEN_AT = [3600, 600, 300, 60, 30, 10];

const two = (figure: number): string => String(figure).padStart(2, "0");

export function spell(seconds: number): string {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} ${word("days")} ${two(hours)} ${word("hours")}`;
  return `${two(hours)}:${two(minutes)}:${two(seconds % 60)}`;
}

class CountDown extends HTMLElement {
  static observedAttributes = ["until"];
  #stop: (() => void) | undefined;
  #last = Number.POSITIVE_INFINITY;
  #caption = document.createElement("small");
  #face = document.createElement("span");
  #speech = document.createElement("span");

  connectedCallback(): void {
    const label = this.getAttribute("label");
    this.#caption.textContent = label;
    this.#speech.className = "unseen";
    this.#speech.setAttribute("aria-live", "polite");
    this.setAttribute("role", "timer");
    this.replaceChildren(...(label ? [this.#caption] : []), this.#face, this.#speech);
    this.#stop = everySecond(() => this.#draw());
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }

  attributeChangedCallback(): void {
    this.#last = Number.POSITIVE_INFINITY;
    if (this.isConnected && this.#stop) this.#draw();
  }

  get left(): number {
    return Math.max(0, Math.ceil((Date.parse(this.getAttribute("until") ?? "") - serverNow()) / 1000));
  }

  #draw(): void {
    const left = this.left;
    this.#caption.hidden = left === 0; // "left: ended" says nothing
    this.#face.textContent = left > 0 ? spell(left) : word("ended");
    this.#tone(left);
    this.#speak(left);
    if (left === 0 && this.#last > 0) this.dispatchEvent(new CustomEvent("ended", { bubbles: true }));
    this.#last = left;
  }

  #tone(left: number): void {
    const tone =
      left === 0 ? "neutral" : left <= this.#seconds("urgent", 300) ? "danger" : left <= this.#seconds("watch", 3600) ? "watch" : "";
    if (tone) this.dataset["tone"] = tone;
    else delete this.dataset["tone"];
  }

  #seconds(name: string, otherwise: number): number {
    return Number(this.getAttribute(name) ?? otherwise);
  }

  #speak(left: number): void {
    const crossed = SPOKEN_AT.find((at) => this.#last > at && left <= at && left > at - 2);
    if (crossed !== undefined && Number.isFinite(this.#last)) this.#speech.textContent = word("remaining", { time: spell(left) });
  }
}

customElements.define("count-down", CountDown);
