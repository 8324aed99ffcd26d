// Which networks this device is on now. Chromium tells a document's connections of a change two seconds after it; a document
// that begins now knows at once. So a look around, and a connection that cannot wait, are made from an empty frame.

/** Addresses of this device are known within this, ms. No server is asked. */
const LOOKED_WITHIN = 150;

/** Where a connection is made: a document of its own. */
export class Ground {
  #frame = document.createElement("iframe");

  constructor() {
    this.#frame.hidden = true;
    document.documentElement.append(this.#frame);
  }

  /** @param {RTCConfiguration} [configuration] */
  connection(configuration) {
    const { RTCPeerConnection: Connection = RTCPeerConnection } = /** @type {Window & typeof globalThis} */ (this.#frame.contentWindow);
    return new Connection(configuration);
  }

  /** Its connections end with it. */
  leave() {
    this.#frame.remove();
  }
}

/** This document: where connections are made that can wait. */
export const HERE = {
  /** @param {RTCConfiguration} [configuration] */
  connection: (configuration) => new RTCPeerConnection(configuration),
};

/** Whether connections of this document are told of other networks than there are now. */
export async function networksAreStale() {
  const ground = new Ground();
  const [known, found] = await Promise.all([addresses(HERE.connection()), addresses(ground.connection())]);
  ground.leave();
  return [...found].some((address) => !known.has(address));
}

/** This device's addresses, as far as a page may know them. @param {RTCPeerConnection} pc */
async function addresses(pc) {
  /** @type {Set<string>} */
  const found = new Set();
  try {
    pc.createDataChannel("");
    const offer = await pc.createOffer();
    await new Promise((done) => {
      setTimeout(done, LOOKED_WITHIN);
      pc.onicecandidate = ({ candidate }) => {
        if (!candidate) return done(0);
        const { address, protocol } = candidate;
        // A name (`….local`) hides the address, and is another each time. By TCP a browser only names what it could use.
        if (address && protocol === "udp" && !address.endsWith(".local")) found.add(address);
      };
      pc.setLocalDescription(offer).catch(done);
    });
  } catch {
    // Then nothing is known.
  }
  pc.close();
  return found;
}
