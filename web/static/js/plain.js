// A page without a script of its own: the choice of light or dark, and nothing else.

import { ready } from "./lib/page.js";

ready();
