// What a picture is encoded as, and how a session that was set up for one camera sends another: pure, done by whip.js.

/**
 * A camera's layers (simulcast), the lowest first: by the least height of its picture, in pixels. Browsers leave out layers of
 * smaller pictures by themselves, but would give the bits to the wrong ones. The bit rates are enough for a face; together
 * they stay under what the relay allows.
 * @type {readonly {height: number, encodings: readonly RTCRtpEncodingParameters[]}[]}
 */
const CAMERA = [
  {
    height: 720,
    encodings: [
      { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
      { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
      { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
    ],
  },
  {
    height: 360,
    encodings: [
      { rid: "l", scaleResolutionDownBy: 2, maxBitrate: 200_000 },
      { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_000_000 },
    ],
  },
  { height: 0, encodings: [{ scaleResolutionDownBy: 1, maxBitrate: 600_000 }] },
];
const CAMERA_RATE = 30;
/** One layer: a small picture of a slide cannot be read. @type {RTCRtpEncodingParameters[]} */
export const SLIDES = [{ maxBitrate: 2_000_000, maxFramerate: 15 }];

/** @param {{width?: number, height?: number}} size of the camera's picture @returns {RTCRtpEncodingParameters[]} */
export function cameraEncodings({ width = 0, height = 0 }) {
  const side = Math.min(width, height);
  const { encodings } = CAMERA.find((kind) => side >= kind.height) ?? { encodings: [] };
  return encodings.map((encoding) => ({ ...encoding, maxFramerate: CAMERA_RATE }));
}

/**
 * The session's layers, which are those it was set up with, made to carry what is wanted now: layers that are not wanted rest,
 * and one that stands alone carries the whole picture.
 * @param {readonly RTCRtpEncodingParameters[]} there
 * @param {readonly RTCRtpEncodingParameters[]} wanted lowest first
 * @returns {RTCRtpEncodingParameters[]}
 */
export function fitted(there, wanted) {
  const best = wanted.at(-1);
  return there.map((layer, at) => {
    const alone = there.length === 1 || wanted.length === 1;
    const found = alone ? (at === there.length - 1 ? best : undefined) : wanted.find(({ rid }) => rid === layer.rid);
    const { rid: _, ...settings } = found ?? {};
    return { ...layer, ...settings, active: found !== undefined };
  });
}
