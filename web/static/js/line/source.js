// What a line check sends: a picture that fills its rate, and a sound. Both are made here: nobody is asked for a camera, and
// nothing of the room is seen.

const WIDTH = 960;
const HEIGHT = 540;
const RATE = 24;
/** A square of noise, drawn from another place for each frame: nothing in it can be told from the frame before. */
const TILE = 512;
/** Of each of the noise's dots, pixels. */
const DOT = 2;
const TONE = 220;
/** Soft, and nobody hears it: it goes to the server alone. */
const LOUDNESS = 0.05;

export class Source {
  #canvas = document.createElement("canvas");
  #tile = noise();
  /** @type {number|undefined} */ #timer;
  /** @type {AudioContext|null} */ #context = null;
  /** @type {MediaStreamTrack[]} */ #tracks = [];

  /** The picture, then the sound where the browser makes one. */
  start() {
    this.#canvas.width = WIDTH;
    this.#canvas.height = HEIGHT;
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), 1000 / RATE);
    this.#tracks = [...this.#canvas.captureStream(RATE).getVideoTracks(), ...this.#sound()];
    return this.#tracks;
  }

  stop() {
    clearInterval(this.#timer);
    for (const track of this.#tracks) track.stop();
    this.#tracks = [];
    void this.#context?.close().catch(() => {});
    this.#context = null;
  }

  #draw() {
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    const from = () => Math.floor(Math.random() * (TILE - WIDTH / DOT / 2));
    // Two halves from different places, so that one square is enough.
    const [wide, high] = [WIDTH / 2, HEIGHT];
    for (const x of [0, wide]) context.drawImage(this.#tile, from(), from() / 2, wide / DOT, high / DOT, x, 0, wide, high);
  }

  #sound() {
    try {
      const context = new AudioContext();
      this.#context = context;
      const tone = new OscillatorNode(context, { frequency: TONE });
      const to = context.createMediaStreamDestination();
      tone.connect(new GainNode(context, { gain: LOUDNESS })).connect(to);
      tone.start();
      return to.stream.getAudioTracks();
    } catch {
      return []; // a device without any sound is checked by its picture
    }
  }
}

function noise() {
  const tile = document.createElement("canvas");
  tile.width = tile.height = TILE;
  const context = tile.getContext("2d");
  if (!context) return tile;
  const image = context.createImageData(TILE, TILE);
  const words = new Uint32Array(image.data.buffer);
  for (let at = 0; at < words.length; at++) words[at] = (Math.random() * 0xffffff) | 0xff000000;
  context.putImageData(image, 0, 0);
  return tile;
}
