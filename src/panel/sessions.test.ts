/** A ticket opens one socket within a minute; a session lives as long as it is used. */
import { expect, test } from "vitest";
import { NOW } from "./company.testing.ts";
import { PanelSessions } from "./sessions.ts";

const anna = { account: "main", userId: 1 };
const boris = { account: "main", userId: 2 };
const HOUR = 3_600_000;

function sessionsAt(start = NOW) {
  const clock = { time: start, now: () => clock.time };
  return { clock, sessions: new PanelSessions(clock) };
}

test("a ticket is taken once", () => {
  const { sessions } = sessionsAt();
  const ticket = sessions.issueTicket(anna);
  expect(sessions.takeTicket(ticket)).toEqual(anna);
  expect(sessions.takeTicket(ticket)).toBeUndefined();
});

test("a ticket is good for less than a minute", () => {
  const { sessions, clock } = sessionsAt();
  const ticket = sessions.issueTicket(anna);
  clock.time += 60_000;
  expect(sessions.takeTicket(ticket)).toBeUndefined();
});

test("a session lives twelve hours from its last use", () => {
  const { sessions, clock } = sessionsAt();
  const session = sessions.openSession(anna);
  clock.time += 11 * HOUR;
  expect(sessions.resume(session)).toEqual(anna);
  clock.time += 11 * HOUR;
  expect(sessions.resume(session)).toEqual(anna);
  clock.time += 12 * HOUR;
  expect(sessions.resume(session)).toBeUndefined();
});

test("a ticket is no session, and a guess is neither", () => {
  const { sessions } = sessionsAt();
  expect(sessions.resume(sessions.issueTicket(anna))).toBeUndefined();
  expect(sessions.takeTicket(sessions.openSession(anna))).toBeUndefined();
  expect(sessions.resume("")).toBeUndefined();
});

test("of too many sessions of one person the oldest ends, and nobody else's", () => {
  const { sessions } = sessionsAt();
  const other = sessions.openSession(boris);
  const first = sessions.openSession(anna);
  const later = Array.from({ length: 20 }, () => sessions.openSession(anna));
  expect(sessions.resume(first)).toBeUndefined();
  expect(sessions.resume(later[0] ?? "")).toEqual(anna);
  expect(sessions.resume(other)).toEqual(boris);
});

test("a disconnected account's tickets and sessions end", () => {
  const { sessions } = sessionsAt();
  const [ticket, session] = [sessions.issueTicket(anna), sessions.openSession(anna)];
  const foreign = sessions.openSession({ account: "second", userId: 1 });
  sessions.endAll("main");
  expect(sessions.takeTicket(ticket)).toBeUndefined();
  expect(sessions.resume(session)).toBeUndefined();
  expect(sessions.resume(foreign)).toBeDefined();
});
