// A page for paper: its one button prints it.

import "./page.js";
import { must } from "./dom.js";

must("#print").addEventListener("click", () => print());
