// <menu-button><details><summary>…</summary><div class="menu">…</div></details></menu-button>
// Works without script as a disclosure; with it, arrows move, Escape closes, a click elsewhere closes.
class MenuButton extends HTMLElement {
  #away = (event: Event): void => {
    if (event.target instanceof Node && !this.contains(event.target)) this.#details.open = false;
  };

  connectedCallback(): void {
    this.#details.addEventListener("toggle", () => this.#toggled());
    this.addEventListener("keydown", (event) => this.#key(event));
  }

  disconnectedCallback(): void {
    document.removeEventListener("pointerdown", this.#away);
    document.removeEventListener("focusin", this.#away);
  }

  get #details(): HTMLDetailsElement {
    return this.querySelector("details") as HTMLDetailsElement;
  }

  #toggled(): void {
    const change = this.#details.open ? document.addEventListener.bind(document) : document.removeEventListener.bind(document);
    change("pointerdown", this.#away);
    change("focusin", this.#away);
    if (this.#details.open) this.#stayInside();
  }

  /** Turn the menu to the other side where it would leave the window. */
  #stayInside(): void {
    const menu = this.querySelector<HTMLElement>(".menu");
    if (!menu) return;
    const box = menu.getBoundingClientRect();
    if (box.right > window.innerWidth) menu.dataset["align"] = "end";
    if (box.left < 0) menu.dataset["align"] = "start";
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.#details.open) {
      this.#details.open = false;
      this.querySelector("summary")?.focus();
      event.stopPropagation();
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.#details.open = true;
      this.#move(event.key === "ArrowDown" ? 1 : -1);
    }
  }

  #move(step: number): void {
    const items = [...this.querySelectorAll<HTMLElement>(".menu-item:not(:disabled)")];
    const now = items.indexOf(document.activeElement as HTMLElement);
    items[(now + step + items.length) % items.length]?.focus();
  }
}

customElements.define("menu-button", MenuButton);
