// Where somebody is signed in: forms that work without this script. It asks first.

import { askFirst } from "./lib/asked.js";
import { must } from "./lib/dom.js";
import { ready } from "./lib/page.js";

askFirst(must(".sign-ins"));
ready();
