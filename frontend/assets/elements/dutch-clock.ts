// <dutch-clock start drop every floor opens currency> : the falling price by the server's clock, computed from the published terms alone.
//
// It writes the price, the time to the next step, and the amount into the form with [data-take] on the page, so that a press takes what is seen.
import { everySecond, serverNow } from "./server-time.ts";
import { language } from "./words.ts";

class DutchClock extends HTMLElement {
  #stop: (() => void) | undefined;

  connectedCallback(): void {
    this.#stop = everySecond(() => this.#draw());
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }

  #figure(name: string): number {
    return Number(this.getAttribute(name) ?? 0);
  }

  /** Whole steps that are behind us; none before the start. */
  get #steps(): number {
    const elapsed = serverNow() - Date.parse(this.getAttribute("opens") ?? "");
    return Math.max(0, Math.floor(elapsed / (this.#figure("every") * 1000)));
  }

  get price(): number {
    return Math.max(this.#figure("floor"), this.#figure("start") - this.#figure("drop") * this.#steps);
  }

  #draw(): void {
    const price = this.price;
    const currency = this.getAttribute("currency") ?? "CNY";
    const digits = price % 100 ? 2 : 0;
    const shown = new Intl.NumberFormat(language(), { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: 2 }).format(price / 100);
    this.#write(this.querySelector("[data-price]"), shown);
    for (const face of document.querySelectorAll("[data-taken]")) this.#write(face, shown);
    const amount = document.querySelector<HTMLInputElement>("form[data-take] input[name=amount]");
    if (amount) amount.value = String(price / 100);
    this.#write(this.querySelector("[data-next]"), this.#next(price));
    for (const step of document.querySelectorAll<HTMLElement>("[data-clock-step]")) step.hidden = Date.parse(step.dataset.clockStep ?? "") <= serverNow();
  }

  /** Minutes and seconds to the next step; nothing on the floor. */
  #next(price: number): string {
    if (price <= this.#figure("floor")) return "";
    const at = Date.parse(this.getAttribute("opens") ?? "") + (this.#steps + 1) * this.#figure("every") * 1000;
    const left = Math.max(0, Math.ceil((at - serverNow()) / 1000));
    return `↓ ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  }

  #write(face: Element | null, text: string): void {
    if (face && face.textContent !== text) face.textContent = text;
  }
}

customElements.define("dutch-clock", DutchClock);
