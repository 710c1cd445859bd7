// Every page's script: htmx, small behaviours of plain HTML, and the custom elements. Heavy ones load when first met.
import htmx from "htmx.org";
import "./behaviour.ts";
import "./menu-button.ts";
import "./theme-switch.ts";
import "./server-clock.ts";
import "./count-down.ts";
import "./spark-line.ts";
import "./copy-text.ts";
import "./file-drop.ts";
import "./data-filter.ts";
import "./toast-stack.ts";
import "./live-room.ts";

void htmx;

const heavy: Record<string, () => Promise<unknown>> = {
  "series-chart": () => import("./series-chart.ts"),
  "floor-plan": () => import("./floor-plan.ts"),
  "time-slider": () => import("./time-slider.ts"),
  "bid-panel": () => import("./bid-panel.ts"),
  "dutch-clock": () => import("./dutch-clock.ts"),
  "sealed-envelope": () => import("./sealed-envelope.ts"),
  "code-scanner": () => import("./code-scanner.ts"),
  "phone-key": () => import("./phone-key.ts"),
  "phone-capture": () => import("./phone-capture.ts"),
  "checkpoint-scan": () => import("./checkpoint-scan.ts"),
};

function loadHeavy(): void {
  for (const [name, load] of Object.entries(heavy)) {
    if (!document.querySelector(name)) continue;
    delete heavy[name];
    void load();
  }
}

loadHeavy();
document.addEventListener("htmx:after:swap", loadHeavy);
