// Every page's script: htmx, small behaviours of plain HTML, and the custom elements. Heavy ones load when first met.
import htmx from "htmx.org";
import "./behaviour.ts";
import "./menu-button.ts";
import "./theme-switch.ts";

void htmx;
