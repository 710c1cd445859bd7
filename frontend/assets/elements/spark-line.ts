// <spark-line values="3 4 4 2 5" label="…">: the shape of a series, without axes. Decoration unless it has a label.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 32;

function draw(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

class SparkLine extends HTMLElement {
  static observedAttributes = ["values"];

  connectedCallback(): void {
    this.#draw();
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#draw();
  }

  #draw(): void {
    const values = (this.getAttribute("values") ?? "")
      .split(/[\s,]+/)
      .map(Number)
      .filter(Number.isFinite);
    const label = this.getAttribute("label");
    if (label) {
      this.setAttribute("role", "img");
      this.setAttribute("aria-label", label);
    } else this.setAttribute("aria-hidden", "true");
    if (values.length < 2) return this.replaceChildren();
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const points = values.map((value, at) => [
      (at / (values.length - 1)) * WIDTH,
      HEIGHT - 3 - ((value - low) / (high - low || 1)) * (HEIGHT - 6),
    ]);
    const line = points.map(([x, y]) => `${x?.toFixed(1)} ${y?.toFixed(1)}`).join(" L ");
    const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" });
    svg.append(
      draw("path", { class: "area", d: `M 0 ${HEIGHT} L ${line} L ${WIDTH} ${HEIGHT} Z` }),
      draw("path", { d: `M ${line}`, "vector-effect": "non-scaling-stroke" }),
    );
    this.replaceChildren(svg);
  }
}

customElements.define("spark-line", SparkLine);
