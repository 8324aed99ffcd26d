// A page without a script of its own: the choice of light or dark, and the menu of who is signed in, where there is one. What
// that offers is asked by the server here.

import { closeAsMenu } from "./lib/menu.js";
import { ready } from "./lib/page.js";

const who = document.querySelector("details.who");
if (who instanceof HTMLDetailsElement) closeAsMenu(who);
ready();
