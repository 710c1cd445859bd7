// <sealed-envelope auction paddle currency opening?> around the form that hands an envelope in, or opens it.
//
// Salt and hash are made here; the amount stays in this browser (and in the file that it offers) until its bidder opens the envelope.
import { word } from "./words.ts";

interface Kept {
  auction: string;
  paddle: number;
  amount: string;
  minor: number;
  currency: string;
  salt: string;
  seal: string;
}

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

class SealedEnvelope extends HTMLElement {
  #kept: Kept | undefined;

  connectedCallback(): void {
    const form = this.querySelector("form") as HTMLFormElement;
    const button = this.querySelector("button[type=submit]") as HTMLButtonElement;
    button.disabled = false;
    if (this.hasAttribute("opening")) return this.#fill();
    form.addEventListener("submit", (event) => {
      if (this.#kept && this.#seal.value) return;
      event.preventDefault();
      event.stopPropagation();
      void this.#make(form);
    });
  }

  get #name(): string {
    return `envelope:${this.getAttribute("auction")}:${this.getAttribute("paddle")}`;
  }
  get #amount(): HTMLInputElement {
    return this.querySelector("#envelope-amount") as HTMLInputElement;
  }
  get #seal(): HTMLInputElement {
    return this.querySelector("input[name=seal]") as HTMLInputElement;
  }

  /** Minor units of what is typed; not a number where it is none. */
  get #minor(): number {
    const typed = this.#amount.value.replace(/[\s,，']/g, "");
    return /^\d{1,13}(\.\d{1,2})?$/.test(typed) ? Math.round(Number(typed) * 100) : Number.NaN;
  }

  async #make(form: HTMLFormElement): Promise<void> {
    const minor = this.#minor;
    this.#amount.toggleAttribute("aria-invalid", Number.isNaN(minor));
    if (Number.isNaN(minor) || minor <= 0) return this.#amount.focus();
    const [auction, currency] = [this.getAttribute("auction") ?? "", this.getAttribute("currency") ?? ""];
    const paddle = Number(this.getAttribute("paddle"));
    const salt = hex(crypto.getRandomValues(new Uint8Array(32)));
    const text = ["bailee envelope 1", auction, paddle, minor, currency, salt].join("\n");
    const seal = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
    this.#kept = { auction, paddle, amount: (minor / 100).toFixed(2), minor, currency, salt, seal };
    localStorage.setItem(this.#name, JSON.stringify(this.#kept));
    this.#seal.value = seal;
    this.#offer(this.#kept);
    form.requestSubmit();
  }

  /** The envelope as a file of its own: another machine opens it with that. It is downloaded at once, for the page is about to change. */
  #offer(kept: Kept): void {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(kept, null, 1)], { type: "application/json" }));
    link.download = `envelope-${kept.auction.slice(-8)}-${kept.paddle}.json`;
    link.click();
    const said = this.querySelector("[data-said]");
    if (said) said.textContent = word("envelope_kept");
  }

  #fill(): void {
    const told = localStorage.getItem(this.#name);
    if (!told) return;
    const kept = JSON.parse(told) as Kept;
    const salt = this.querySelector<HTMLInputElement>("input[name=salt]");
    if (!this.#amount.value) this.#amount.value = kept.amount;
    if (salt && !salt.value) salt.value = kept.salt;
  }
}

customElements.define("sealed-envelope", SealedEnvelope);
