// How a session is signalled: what is offered, and its HTTP side (RFC 9725, and the WHEP draft).

import { askingAgain, readIceServers } from "./sdp.js";

/** A request is given up after so long, ms; and one on suspicion that the way is gone. */
const WITHIN = 10_000;
const HURRIED_WITHIN = 4_000;

export class Signalling {
  #endpoint;
  #token;

  /**
   * @param {string} endpoint
   * @param {string} token bearer token; may be empty
   */
  constructor(endpoint, token) {
    this.#endpoint = new URL(endpoint, location.href).href;
    this.#token = token;
  }

  /** A session for this offer. Its address: `sessionOf`. @param {string|undefined} offer @param {boolean} hurried */
  begin(offer, hurried) {
    return this.#ask(this.#endpoint, "POST", "application/sdp", offer, hurried);
  }

  /**
   * An ICE restart. RFC 9725 section 4.3.3: it does not depend on the session's entity tag.
   * @param {string} session
   * @param {string} fragment
   */
  restart(session, fragment) {
    return this.#ask(session, "PATCH", "application/trickle-ice-sdpfrag", fragment, true, { "If-Match": '"*"' });
  }

  /** Nothing depends on the answer: the server ends silent sessions by itself. @param {string} session */
  end(session) {
    fetch(session, { method: "DELETE", headers: this.#authorization, keepalive: true }).catch(() => {});
  }

  /** @returns {Record<string, string>} */
  get #authorization() {
    return this.#token ? { Authorization: `Bearer ${this.#token}` } : {};
  }

  /**
   * @param {string} url
   * @param {string} method
   * @param {string} type
   * @param {string|undefined} body
   * @param {boolean} hurried
   * @param {Record<string, string>} [headers]
   */
  #ask(url, method, type, body, hurried, headers = {}) {
    const patience = new AbortController();
    setTimeout(() => patience.abort(), hurried ? HURRIED_WITHIN : WITHIN);
    return fetch(url, {
      method,
      headers: { "Content-Type": type, ...this.#authorization, ...headers },
      body,
      cache: "no-store",
      // Nobody reads cookies there; without them browsers use other connections than the page's, which may be dead by now.
      credentials: hurried ? "omit" : "same-origin",
      signal: patience.signal,
    });
  }
}

/** The address of the session that an answer brings; null: it brings none. @param {Response} response */
export function sessionOf(response) {
  const place = response.headers.get("Location");
  return response.ok && place ? new URL(place, response.url).href : null;
}

/** What a connection offers and sets. */
export class Descriptions {
  /** Whether lost sound is asked for again. */
  #asksAgain = knowsRedundancy();

  /**
   * @param {RTCPeerConnection} pc
   * @param {RTCOfferOptions} [options]
   * @returns {Promise<RTCSessionDescriptionInit>}
   */
  async offer(pc, options) {
    const { type, sdp = "" } = await pc.createOffer(options);
    return { type, sdp: this.#asksAgain ? askingAgain(sdp) : sdp };
  }

  /** @param {RTCPeerConnection} pc @param {RTCSessionDescriptionInit} offer */
  async set(pc, offer) {
    try {
      await pc.setLocalDescription(offer);
    } catch (error) {
      // A browser that takes no offer but its own gets that next time.
      this.#asksAgain = false;
      throw error;
    }
  }
}

/** Browsers that send sound with redundancy also ask for it again if they are told to; Firefox does neither. */
function knowsRedundancy() {
  const codecs = globalThis.RTCRtpSender?.getCapabilities?.("audio")?.codecs ?? [];
  return codecs.some(({ mimeType }) => mimeType.toLowerCase() === "audio/red");
}

/**
 * Gathering starts with the local description, so relays that an answer names are in time if they are taken before it.
 * @param {RTCPeerConnection} pc
 * @param {Response} response
 * @returns how many there are
 */
export function takeIceServers(pc, response) {
  const iceServers = readIceServers(response.headers.get("Link"));
  if (iceServers.length) pc.setConfiguration({ ...pc.getConfiguration(), iceServers });
  return iceServers.length;
}
