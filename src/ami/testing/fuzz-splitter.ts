import fc from "fast-check";
import { PacketSplitter } from "../splitter.ts";

const PACKETS_PER_RUN = 500;
const CAPACITY_BYTES = 128 * 1024;
const END = Buffer.from("\r\n\r\n");
const GOOD = Buffer.from(
  "Event: Newchannel\r\nChannel: PJSIP/201-0000001a\r\nCallerIDName: Иван\r\nChanVariable: A=1\r\nUniqueid: 1.2",
);

/** A good packet with some bytes taken out and others put in. */
const mutated = fc
  .record({ at: fc.nat(GOOD.length), drop: fc.nat(12), put: fc.uint8Array({ maxLength: 600 }) })
  .map(({ at, drop, put }) => Buffer.concat([GOOD.subarray(0, at), put, GOOD.subarray(at + drop), END]));

/**
 * Feeds mutated packets in pieces of any size. Policy: whatever comes, nothing is thrown, the memory held stays within
 * its bound, and each packet is either read or refused aloud.
 * @throws with the smallest stream that breaks it
 */
export function fuzzSplitter(packets: number, seed: number): { readonly read: number; readonly refused: number } {
  let read = 0;
  let refused = 0;
  const streams = fc.array(mutated, { minLength: PACKETS_PER_RUN, maxLength: PACKETS_PER_RUN });
  fc.assert(
    fc.property(streams, fc.integer({ min: 1, max: 5_000 }), (mutations, step) => {
      let found = 0;
      const refuse = () => {
        found++;
        refused++;
      };
      const splitter = new PacketSplitter({ maxPacketBytes: 400, maxLineBytes: 300, refused: refuse });
      const bytes = Buffer.concat(mutations);
      for (let at = 0; at < bytes.length; at += step) {
        for (const packet of splitter.push(bytes.subarray(at, at + step))) {
          packet.entries();
          found++;
          read++;
        }
      }
      // a mutation may add an end of packet but take none away
      if (found < mutations.length) throw new Error(`${mutations.length - found} packets disappeared uncounted`);
      if (splitter.capacityBytes > CAPACITY_BYTES) throw new Error(`${splitter.capacityBytes} bytes are held`);
    }),
    { numRuns: packets / PACKETS_PER_RUN, seed },
  );
  return { read, refused };
}
