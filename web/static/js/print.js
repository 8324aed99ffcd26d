// A page for paper: its one button prints it.

import { must } from "./lib/dom.js";
import { ready } from "./lib/page.js";

must("#print").addEventListener("click", () => print());
ready();
