// Where somebody is signed in: forms that work without this script. It asks first.

import { askFirst } from "./lib/asked.js";
import { must } from "./lib/dom.js";
import { ready } from "./lib/page.js";
import { showInOwnZone } from "./lib/times.js";
import { watchWho } from "./lib/who.js";

askFirst(must(".sign-ins"));
watchWho();
showInOwnZone();
ready();
