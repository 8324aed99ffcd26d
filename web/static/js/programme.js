// The programme of the house: the reader's own times beside the event's.

import { ready } from "./lib/page.js";
import { showOwnTimes } from "./lib/times.js";

showOwnTimes();
ready();
