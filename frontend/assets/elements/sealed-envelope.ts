// <sealed-envelope auction paddle currency opening=seal? kept=seal?> around the form that hands an envelope in or opens it, or around the link to its file.
//
// Salt and hash are made here; the amount stays in this browser (and in the file) until its bidder opens the envelope. Every envelope that
// was made is kept, for an answer may be lost on its way and the next try makes another: the one that is opened is the one that the house took (opening=).
export interface Kept {
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
  connectedCallback(): void {
    if (this.hasAttribute("kept")) return this.#offer();
    const button = this.querySelector("button[type=submit]") as HTMLButtonElement;
    button.disabled = false;
    if (this.hasAttribute("opening")) return this.#fill();
    const form = this.querySelector("form") as HTMLFormElement;
    form.addEventListener("submit", (event) => {
      if (this.#seal.value) return;
      event.preventDefault();
      event.stopPropagation();
      void this.#make(form);
    });
  }

  #name(seal: string): string {
    return `envelope:${this.getAttribute("auction")}:${seal}`;
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
    const kept: Kept = { auction, paddle, amount: (minor / 100).toFixed(2), minor, currency, salt, seal };
    localStorage.setItem(this.#name(seal), JSON.stringify(kept));
    this.#seal.value = seal;
    // In a turn of its own: a short hash is made while the first submit is still being told, and a form that is telling of one takes no second.
    setTimeout(() => form.requestSubmit());
  }

  /** The envelope that the house took, out of this browser's memory. */
  #taken(attribute: string): Kept | undefined {
    const told = localStorage.getItem(this.#name(this.getAttribute(attribute) ?? ""));
    return told ? (JSON.parse(told) as Kept) : undefined;
  }

  /** The envelope as a file: another machine opens it with that. */
  #offer(): void {
    const kept = this.#taken("kept");
    const link = this.querySelector("a[download]") as HTMLAnchorElement;
    if (!kept) return;
    link.href = URL.createObjectURL(new Blob([JSON.stringify(kept, null, 1)], { type: "application/json" }));
    link.download = `envelope-${kept.auction.slice(-8)}-${kept.paddle}.json`;
    link.hidden = false;
  }

  #fill(): void {
    const kept = this.#taken("opening");
    if (!kept) return;
    const salt = this.querySelector<HTMLInputElement>("input[name=salt]");
    if (!this.#amount.value) this.#amount.value = kept.amount;
    if (salt && !salt.value) salt.value = kept.salt;
  }
}

customElements.define("sealed-envelope", SealedEnvelope);
