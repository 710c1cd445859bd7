// <file-drop size-max="bytes"> around a file input: dropping, a list of what was chosen, previews, and the size limit told before sending.
import { language, word } from "./words.ts";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

function sized(bytes: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)));
  const unit = UNITS[step] ?? "byte";
  return new Intl.NumberFormat(language(), { style: "unit", unit, maximumFractionDigits: step > 1 ? 1 : 0 }).format(bytes / 1000 ** step);
}

class FileDrop extends HTMLElement {
  #seen: string[] = [];

  connectedCallback(): void {
    const zone = this.querySelector<HTMLElement>(".drop");
    this.#input.addEventListener("change", () => this.#list());
    for (const name of ["dragenter", "dragover"]) zone?.addEventListener(name, () => zone.toggleAttribute("data-over", true));
    for (const name of ["dragleave", "drop", "dragend"]) zone?.addEventListener(name, () => zone.toggleAttribute("data-over", false));
  }

  disconnectedCallback(): void {
    this.#forget();
  }

  get #input(): HTMLInputElement {
    return this.querySelector("input[type=file]") as HTMLInputElement;
  }

  #list(): void {
    this.#forget();
    const files = [...(this.#input.files ?? [])];
    const limit = Number(this.getAttribute("size-max") ?? Number.POSITIVE_INFINITY);
    const tooBig = files.find((file) => file.size > limit);
    this.querySelector(".drop-list")?.replaceChildren(...(tooBig ? [this.#refusal(tooBig, limit)] : files.map((file) => this.#line(file))));
    if (tooBig) this.#input.value = "";
  }

  #forget(): void {
    for (const address of this.#seen.splice(0)) URL.revokeObjectURL(address);
  }

  #refusal(file: File, limit: number): HTMLLIElement {
    const line = document.createElement("li");
    line.className = "error";
    line.textContent = word("file_too_big", { name: file.name, limit: sized(limit) });
    return line;
  }

  #line(file: File): HTMLLIElement {
    const line = document.createElement("li");
    if (file.type.startsWith("image/")) {
      const picture = document.createElement("img");
      picture.alt = "";
      picture.src = URL.createObjectURL(file);
      this.#seen.push(picture.src);
      line.append(picture);
    }
    const [name, size] = [document.createElement("span"), document.createElement("span")];
    name.textContent = file.name;
    size.textContent = sized(file.size);
    size.className = "muted";
    line.append(name, size);
    return line;
  }
}

customElements.define("file-drop", FileDrop);
