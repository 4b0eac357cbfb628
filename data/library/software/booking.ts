/**
 * Booking rules for machines and vessels.
 *
 * The panel in the porch and the members' site both call `decide`. It is a pure
 * function: it is given the wish, the existing bookings and the time, and says
 * yes, or no with a reason code. The reason codes are shown on the panel, so
 * keep them stable; members have them pinned to the wall.
 */

export type Label = "green" | "amber" | "red" | "vessel";

export interface Booking {
  readonly resource: string;
  readonly member: number;
  /** Milliseconds since 1970, UTC. */
  readonly start: number;
  readonly end: number;
}

export interface Wish extends Booking {
  readonly label: Label;
  /** Needed for red machines: the second person in the room. */
  readonly buddy?: number;
  /** Needed for vessels, at the latest 72 hours before the start. */
  readonly skipper?: number;
}

export type Refusal =
  | "B-01-CLASH"
  | "B-02-TOO-FAR-AHEAD"
  | "B-03-DAILY-LIMIT"
  | "B-04-NO-BUDDY"
  | "B-05-NO-SKIPPER"
  | "B-06-BLOCKED"
  | "B-07-TOO-SHORT";

export type Decision =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: Refusal };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A slot shorter than this is refused, as setting up takes longer. */
export const SHORTEST_SLOT = 15 * MINUTE;

/** Between two members on the same machine, to sweep up and change over. */
export const CHANGEOVER = 10 * MINUTE;

const DAILY_LIMIT = 4 * HOUR;

/** How far ahead one may book. Dunlin has its own, shorter limit. */
function horizon(wish: Wish): number {
  if (wish.label !== "vessel") return 14 * DAY;
  return wish.resource === "dunlin" ? 21 * DAY : 42 * DAY;
}

/** Two bookings clash when less than the changeover time lies between them. */
function clashes(a: Booking, b: Booking): boolean {
  if (a.resource !== b.resource) return false;
  const pause = a.member === b.member ? 0 : CHANGEOVER;
  return a.start < b.end + pause && b.start < a.end + pause;
}

export function decide(
  wish: Wish,
  existing: readonly Booking[],
  now: number,
  blockedUntil: ReadonlyMap<number, number> = new Map(),
): Decision {
  const no = (code: Refusal): Decision => ({ ok: false, code });

  if ((blockedUntil.get(wish.member) ?? 0) > now) return no("B-06-BLOCKED");
  if (wish.end - wish.start < SHORTEST_SLOT) return no("B-07-TOO-SHORT");
  if (wish.start - now > horizon(wish)) return no("B-02-TOO-FAR-AHEAD");
  if (existing.some((b) => clashes(b, wish))) return no("B-01-CLASH");

  if (wish.label === "amber" || wish.label === "red") {
    // Counted per machine and per UTC day. Someone who books across midnight
    // gains an hour or two; in six years nobody has bothered.
    const day = Math.floor(wish.start / DAY);
    const used = existing
      .filter((b) => b.member === wish.member && b.resource === wish.resource)
      .filter((b) => Math.floor(b.start / DAY) === day)
      .reduce((sum, b) => sum + (b.end - b.start), 0);
    if (used + (wish.end - wish.start) > DAILY_LIMIT) return no("B-03-DAILY-LIMIT");
  }
  if (wish.label === "red" && (wish.buddy === undefined || wish.buddy === wish.member)) {
    return no("B-04-NO-BUDDY");
  }
  if (wish.label === "vessel" && wish.skipper === undefined && wish.start - now < 72 * HOUR) {
    return no("B-05-NO-SKIPPER");
  }
  return { ok: true };
}

/** Share of the price that is owed when a slot is given back at `now`. */
export function cancellationShare(booking: Booking, now: number): number {
  if (booking.start - now >= 12 * HOUR) return 0;
  // Twenty minutes of grace after the start, then it counts as a no-show.
  return now - booking.start > 20 * MINUTE ? 1 : 0.5;
}
