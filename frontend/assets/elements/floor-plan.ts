// <floor-plan>: makes a server-drawn plan alive. Bins are <a class="bin" data-bin data-title data-lines> in the SVG. Arrow keys walk to the
// nearest bin in that direction; hover and focus tell its facts; the wheel with Ctrl, a pinch, the buttons or + and - zoom; dragging pans.
// Dispatches `bin-selected` {bin}. Works as plain links without script.
interface View {
  x: number;
  y: number;
  width: number;
  height: number;
}

const CLOSEST = 0.2;

class FloorPlan extends HTMLElement {
  #whole: View = { x: 0, y: 0, width: 100, height: 100 };
  #view: View = { ...this.#whole };
  #card = document.createElement("div");
  #pointers = new Map<number, PointerEvent>();
  #dragged = false;
  #reapply = (): void => this.#apply();

  connectedCallback(): void {
    const [x = 0, y = 0, width = 100, height = 100] = (this.#svg.getAttribute("viewBox") ?? "").split(/\s+/).map(Number);
    this.#whole = { x, y, width, height };
    this.#view = { ...this.#whole };
    this.#card.className = "plan-card";
    this.#card.hidden = true;
    this.append(this.#card);
    this.#rove(this.#bins[0]);
    this.#listen();
    document.addEventListener("htmx:after:swap", this.#reapply);
  }

  disconnectedCallback(): void {
    document.removeEventListener("htmx:after:swap", this.#reapply);
  }

  get #svg(): SVGSVGElement {
    return this.querySelector("svg.plan") as SVGSVGElement;
  }

  get #bins(): SVGAElement[] {
    return [...this.#svg.querySelectorAll<SVGAElement>("a.bin")];
  }

  #listen(): void {
    this.addEventListener("pointerover", (event) => this.#tell(this.#binOf(event)));
    this.addEventListener("pointerleave", () => this.#tell(null));
    this.addEventListener("focusin", (event) => this.#focused(this.#binOf(event)));
    this.addEventListener("focusout", () => this.#tell(null));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("click", (event) => this.#clicked(event), true);
    this.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.addEventListener("pointerdown", (event) => this.#down(event));
    this.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"] as const)
      this.addEventListener(name, (event) => this.#pointers.delete(event.pointerId));
    for (const button of this.querySelectorAll<HTMLElement>("[data-zoom]"))
      button.onclick = () => this.#zoomBy(button.dataset["zoom"] ?? "");
  }

  #binOf(event: Event): SVGAElement | null {
    return event.target instanceof Element ? event.target.closest<SVGAElement>("a.bin") : null;
  }

  #focused(bin: SVGAElement | null): void {
    if (!bin) return;
    this.#rove(bin);
    this.#tell(bin);
    this.dispatchEvent(new CustomEvent("bin-selected", { bubbles: true, detail: { bin: bin.dataset["bin"] } }));
  }

  /** One bin is in the tab order; the arrows reach the others. */
  #rove(chosen: SVGAElement | undefined): void {
    for (const bin of this.#bins) bin.setAttribute("tabindex", bin === chosen ? "0" : "-1");
  }

  #tell(bin: SVGAElement | null): void {
    this.#card.hidden = !bin;
    if (!bin) return;
    const title = document.createElement("b");
    title.textContent = bin.dataset["title"] ?? bin.dataset["bin"] ?? "";
    const facts = document.createElement("dl");
    for (const line of JSON.parse(bin.dataset["lines"] ?? "[]") as [string, string][]) {
      const [term, value] = [document.createElement("dt"), document.createElement("dd")];
      [term.textContent, value.textContent] = line;
      facts.append(term, value);
    }
    this.#card.replaceChildren(title, facts);
    this.#place(bin);
  }

  #place(bin: SVGAElement): void {
    const [box, room] = [bin.getBoundingClientRect(), this.getBoundingClientRect()];
    const left = Math.min(
      Math.max(box.left - room.left + box.width / 2 - this.#card.offsetWidth / 2, 4),
      room.width - this.#card.offsetWidth - 4,
    );
    const above = box.top - room.top - this.#card.offsetHeight - 6;
    this.#card.style.left = `${left}px`;
    this.#card.style.top = `${above > 0 ? above : box.bottom - room.top + 6}px`;
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "+" || event.key === "=") this.#zoomBy("in");
    else if (event.key === "-") this.#zoomBy("out");
    else if (event.key === "0") this.#zoomBy("all");
    const ways: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    const bin = this.#binOf(event);
    if (!way || !bin) return;
    event.preventDefault();
    this.#nearest(bin, way)?.focus();
  }

  /** The bin that lies most nearly in that direction; what is off to the side counts as twice as far. */
  #nearest(from: SVGAElement, [dx, dy]: [number, number]): SVGAElement | undefined {
    const centre = (bin: Element): [number, number] => {
      const box = bin.getBoundingClientRect();
      return [box.left + box.width / 2, box.top + box.height / 2];
    };
    const [x, y] = centre(from);
    let best: SVGAElement | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const bin of this.#bins) {
      const [ahead, aside] = [
        (centre(bin)[0] - x) * dx + (centre(bin)[1] - y) * dy,
        Math.abs((centre(bin)[0] - x) * dy) + Math.abs((centre(bin)[1] - y) * dx),
      ];
      const far = ahead + aside * 2;
      if (ahead > 1 && far < least) [best, least] = [bin, far];
    }
    return best;
  }

  #clicked(event: Event): void {
    if (!this.#dragged) return;
    this.#dragged = false;
    event.preventDefault();
    event.stopPropagation();
  }

  #wheel(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.#zoom(event.deltaY > 0 ? 1.12 : 0.89, event.clientX, event.clientY);
  }

  #down(event: PointerEvent): void {
    this.#dragged = false;
    if (event.target instanceof Element && event.target.closest("svg.plan")) this.#pointers.set(event.pointerId, event);
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    if (this.#pointers.size === 2) this.#pinch(before, event);
    else this.#pan(before, event);
    this.#pointers.set(event.pointerId, event);
  }

  #pan(before: PointerEvent, now: PointerEvent): void {
    const scale = this.#view.width / this.#svg.clientWidth;
    if (Math.hypot(now.clientX - before.clientX, now.clientY - before.clientY) > 3) this.#dragged = true;
    this.#view.x -= (now.clientX - before.clientX) * scale;
    this.#view.y -= (now.clientY - before.clientY) * scale;
    this.#apply();
  }

  #pinch(before: PointerEvent, now: PointerEvent): void {
    const other = [...this.#pointers.values()].find((pointer) => pointer.pointerId !== now.pointerId);
    if (!other) return;
    const apart = (one: PointerEvent): number => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    this.#zoom(apart(before) / apart(now), (now.clientX + other.clientX) / 2, (now.clientY + other.clientY) / 2);
  }

  #zoomBy(way: string): void {
    const box = this.#svg.getBoundingClientRect();
    if (way === "all") this.#view = { ...this.#whole };
    else this.#zoom(way === "in" ? 0.75 : 1.33, box.left + box.width / 2, box.top + box.height / 2);
    this.#apply();
  }

  #zoom(by: number, clientX: number, clientY: number): void {
    const box = this.#svg.getBoundingClientRect();
    const width = Math.min(this.#whole.width, Math.max(this.#whole.width * CLOSEST, this.#view.width * by));
    const kept = width / this.#view.width;
    const [px, py] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    const height = this.#view.height * kept;
    this.#view = { x: this.#view.x + (this.#view.width - width) * px, y: this.#view.y + (this.#view.height - height) * py, width, height };
    this.#apply();
  }

  #apply(): void {
    const { x, y, width, height } = this.#whole;
    this.#view.x = Math.min(Math.max(this.#view.x, x), x + width - this.#view.width);
    this.#view.y = Math.min(Math.max(this.#view.y, y), y + height - this.#view.height);
    this.#svg.setAttribute("viewBox", `${this.#view.x} ${this.#view.y} ${this.#view.width} ${this.#view.height}`);
    this.toggleAttribute("zoomed", this.#view.width < width);
  }
}

customElements.define("floor-plan", FloorPlan);
export {};
