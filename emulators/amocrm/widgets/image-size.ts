/** Width and height out of the head of a PNG, GIF or JPEG file. */
export interface ImageHead {
  readonly width: number;
  readonly height: number;
  readonly animated: boolean;
}

export function readImageHead(bytes: Uint8Array): ImageHead | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length >= 33 && file.subarray(1, 4).toString("latin1") === "PNG") {
    // An animated PNG says so in an acTL chunk before its picture data.
    const chunks = file.subarray(0, Math.max(file.indexOf("IDAT"), 0));
    return { width: file.readUInt32BE(16), height: file.readUInt32BE(20), animated: chunks.includes("acTL") };
  }
  if (file.length >= 10 && file.subarray(0, 3).toString("latin1") === "GIF") {
    // Browsers animate what carries the NETSCAPE loop block.
    return { width: file.readUInt16LE(6), height: file.readUInt16LE(8), animated: file.includes("NETSCAPE2.0") };
  }
  return file.length >= 4 && file.readUInt16BE(0) === 0xffd8 ? readJpegHead(file) : undefined;
}

/** Walks the segments up to the frame header (SOF0…SOF15 without DHT, JPG and DAC). */
function readJpegHead(file: Buffer): ImageHead | undefined {
  let at = 2;
  while (at + 9 < file.length && file[at] === 0xff) {
    const marker = file[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: file.readUInt16BE(at + 5), width: file.readUInt16BE(at + 7), animated: false };
    at += 2 + file.readUInt16BE(at + 2);
  }
  return undefined;
}
