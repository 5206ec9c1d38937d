import { expect, test } from "vitest";
import { cutAddress, type Listening, ListeningBook, type ListeningStore } from "./listening.ts";

test.each([
  ["203.0.113.77", "203.0.113.0"],
  ["::ffff:203.0.113.77", "203.0.113.0"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1::"],
  ["2001:db8::1", "2001:db8:0::"],
  ["::1", "0:0:0::"],
  ["fe80::1%eth0", "fe80:0:0::"],
  ["nonsense", ""],
])("of the address %s only %s is kept", (address, cut) => expect(cutAddress(address)).toBe(cut));

test("when the store fails the next piece is written down anew", async () => {
  const begun: Listening[] = [];
  let fails = true;
  const store: ListeningStore = {
    begin: async (listening) => {
      if (fails) throw new Error("the disk is full");
      return begun.push(listening);
    },
    goOn: async () => {},
    list: async () => begun,
  };
  const book = new ListeningBook(store, { now: () => 1 }, async () => {});
  const listener = { account: "romashka", callId: "call-1", userId: null, ip: "127.0.0.1" };
  await expect(book.begin(listener)).rejects.toThrow("full");
  fails = false;
  await Promise.all([book.begin(listener), book.begin(listener)]);
  expect(begun).toHaveLength(1);
});
