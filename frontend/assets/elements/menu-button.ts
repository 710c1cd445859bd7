// <menu-button><details><summary>…</summary><div class="menu">…</div></details></menu-button>
// Works without script as a disclosure; with it, arrows move, Escape closes, a click elsewhere closes.
const GAP = 4;

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
    document.removeEventListener("scroll", this.#place, { capture: true });
  }

  get #details(): HTMLDetailsElement {
    return this.querySelector("details") as HTMLDetailsElement;
  }

  #toggled(): void {
    const open = this.#details.open;
    const change = open ? document.addEventListener.bind(document) : document.removeEventListener.bind(document);
    change("pointerdown", this.#away);
    change("focusin", this.#away);
    change("scroll", this.#place, { capture: true });
    const menu = this.#menu;
    if (!menu) return;
    menu.popover = "manual";
    if (open) {
      menu.showPopover();
      this.#place();
    } else if (menu.matches(":popover-open")) menu.hidePopover();
  }

  get #menu(): HTMLElement | null {
    return this.querySelector<HTMLElement>(".menu");
  }

  /** In the top layer no scrolling table cuts it off; it stands by its button, on the side where there is room. */
  #place = (): void => {
    const [menu, button] = [this.#menu, this.querySelector("summary")?.getBoundingClientRect()];
    if (!menu || !button) return;
    const box = menu.getBoundingClientRect();
    const left = menu.dataset["align"] === "end" ? button.right - box.width : button.left;
    const below = button.bottom + GAP + box.height <= window.innerHeight || button.top < box.height;
    menu.style.left = `${Math.max(GAP, Math.min(left, window.innerWidth - box.width - GAP))}px`;
    menu.style.top = `${below ? button.bottom + GAP : button.top - box.height - GAP}px`;
  };

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
