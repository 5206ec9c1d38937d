/** The product's icons, 20 × 20, 1.6 px round strokes in the colour of the text. The handset is one drawing, turned. */
import type { VNode } from "preact";

const HANDSET =
  "M10 6.2c-2.7 0-5 .5-6.8 1.5-1.3.8-2 2.1-2 3.3v1.3c0 .8.7 1.4 1.5 1.2l3-.6c.6-.1 1.1-.7 1.1-1.3v-1.2c0-.3.2-.6.5-.7 1.8-.4 3.6-.4 5.4 0 .3.1.5.4.5.7v1.2c0 .6.5 1.2 1.1 1.3l3 .6c.8.2 1.5-.4 1.5-1.2V11c0-1.2-.7-2.5-2-3.3C15 6.7 12.7 6.2 10 6.2z";

const DOTS = [5, 10, 15].flatMap((y) =>
  [5, 10, 15].map((x) => `M${x - 1.3} ${y}a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0-2.6 0z`),
);

const FILLED = {
  hang: HANDSET,
  call: HANDSET,
  play: "M6.5 4.6c0-.6.7-1 1.2-.7l8 5.4c.5.3.5 1.1 0 1.4l-8 5.4c-.5.3-1.2 0-1.2-.7z",
  keypad: DOTS.join(""),
};

/** Outlines. */
const DRAWN = {
  in: "M15 5 6 14M6 7.5V14h6.5",
  out: "M5 15l9-9M7.5 6H14v6.5",
  inner: "M3.5 10h13M6.5 7l-3 3 3 3M13.5 7l3 3-3 3",
  open: "M8.5 5H5.6A1.6 1.6 0 0 0 4 6.6v7.8A1.6 1.6 0 0 0 5.6 16h7.8a1.6 1.6 0 0 0 1.6-1.6v-2.9M11.5 4H16v4.5M16 4l-6.5 6.5",
  copy: "M9.1 7.5h5.3a1.6 1.6 0 0 1 1.6 1.6v5.3a1.6 1.6 0 0 1 -1.6 1.6h-5.3a1.6 1.6 0 0 1 -1.6 -1.6v-5.3a1.6 1.6 0 0 1 1.6 -1.6zM4.5 12.2V6a1.5 1.5 0 0 1 1.5-1.5h6.2",
  search: "M3.8 9a5.2 5.2 0 1 0 10.4 0a5.2 5.2 0 1 0 -10.4 0zM13 13l3.6 3.6",
  check: "M4.5 10.5 8 14l7.5-8",
  x: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  down: "M5.5 8l4.5 4.5L14.5 8",
  up: "M5.5 12 10 7.5l4.5 4.5",
  right: "M8 5.5l4.5 4.5L8 14.5",
  warn: "M10 3.8 17.2 16H2.8zM10 8.3v3.4M10 13.8v.1",
  repeat: "M4 9a6 6 0 0 1 10.6-2.8L16 7.6M16 4v3.6h-3.6M16 11a6 6 0 0 1-10.6 2.8L4 12.4M4 16v-3.6h3.6",
  deal: "M5.1 7h9.8a1.6 1.6 0 0 1 1.6 1.6v5.8a1.6 1.6 0 0 1 -1.6 1.6h-9.8a1.6 1.6 0 0 1 -1.6 -1.6v-5.8a1.6 1.6 0 0 1 1.6 -1.6zM7.3 7V5.4A1.4 1.4 0 0 1 8.7 4h2.6a1.4 1.4 0 0 1 1.4 1.4V7M3.5 11h13",
  person: "M7 7a3 3 0 1 0 6 0a3 3 0 1 0 -6 0zM4.3 16.5a5.7 5.7 0 0 1 11.4 0",
  pbx: "M5.1 4h9.8a1.6 1.6 0 0 1 1.6 1.6v3.8a1.6 1.6 0 0 1 -1.6 1.6h-9.8a1.6 1.6 0 0 1 -1.6 -1.6v-3.8a1.6 1.6 0 0 1 1.6 -1.6zM7 11v2.5a3 3 0 0 0 6 0V11M7 7.5v.1M13 7.5v.1",
  crm: "M5.1 4.5h9.8a1.6 1.6 0 0 1 1.6 1.6v7.8a1.6 1.6 0 0 1 -1.6 1.6h-9.8a1.6 1.6 0 0 1 -1.6 -1.6v-7.8a1.6 1.6 0 0 1 1.6 -1.6zM6.5 8.2h4M6.5 11.5h7",
  desk: "M4.6 9.8h10.8l1.1 5.9H3.5zM3 8.2V6.6c4-2.9 10-2.9 14 0v1.6",
  clock: "M3.4 10a6.6 6.6 0 1 0 13.2 0a6.6 6.6 0 1 0 -13.2 0zM10 6.4V10l2.5 1.7",
  lock: "M6.1 9h7.8a1.6 1.6 0 0 1 1.6 1.6v4.3a1.6 1.6 0 0 1 -1.6 1.6h-7.8a1.6 1.6 0 0 1 -1.6 -1.6v-4.3a1.6 1.6 0 0 1 1.6 -1.6zM7 9V6.8a3 3 0 0 1 6 0V9",
  plus: "M10 4.5v11M4.5 10h11",
  transfer: "M3 14c0-4.2 2.8-7 7-7h6M12.5 3.5 16 7l-3.5 3.5",
  hold: "M7.5 5v10M12.5 5v10",
  back: "M17 14c0-4.2-2.8-7-7-7H4M7.5 3.5 4 7l3.5 3.5",
  take: "M10 3.5v8M6.8 8.5l3.2 3.2 3.2-3.2M4 12v2.4A1.6 1.6 0 0 0 5.6 16h8.8a1.6 1.6 0 0 0 1.6-1.6V12",
  swap: "M4 6.5h11.5M12.5 3.5l3 3-3 3M16 13.5H4.5M7.5 10.5l-3 3 3 3",
  note: "M4 16l.8-3.4L13.2 4.2a1.7 1.7 0 0 1 2.4 2.4L7.4 15.2zM11.6 5.8l2.6 2.6",
  missed: "M16.5 6.5 11 12 4.5 5.5M4.5 10V5.5H9",
  park: "M5.9 3.5h8.2a2.4 2.4 0 0 1 2.4 2.4v8.2a2.4 2.4 0 0 1 -2.4 2.4h-8.2a2.4 2.4 0 0 1 -2.4 -2.4v-8.2a2.4 2.4 0 0 1 2.4 -2.4zM8.2 13.6V6.6h2.6a2.1 2.1 0 0 1 0 4.2H8.2",
};

export type IconName = keyof typeof FILLED | keyof typeof DRAWN;

function isFilled(name: IconName): name is keyof typeof FILLED {
  return name in FILLED;
}

/** Decoration beside words, so hidden from screen readers. `size`: 20 px, or 16. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: 16 | 20 }): VNode {
  return (
    <svg class={size === 16 ? "k-i k-i--16" : "k-i"} viewBox="0 0 20 20" aria-hidden="true">
      {isFilled(name) ? (
        <path
          fill="currentColor"
          transform={name === "call" ? "rotate(-135 10 10) translate(0 .6)" : undefined}
          d={FILLED[name]}
        />
      ) : (
        <path
          fill="none"
          stroke="currentColor"
          stroke-width={name === "hold" ? 2.2 : 1.6}
          stroke-linecap="round"
          stroke-linejoin="round"
          d={DRAWN[name]}
        />
      )}
    </svg>
  );
}

const PRESENCE = {
  free: <circle cx="6" cy="6" r="5" fill="currentColor" />,
  ring: (
    <>
      <circle cx="6" cy="6" r="4.3" fill="none" stroke="currentColor" stroke-width="1.5" />
      <path d="M6 1.2a4.8 4.8 0 0 0 0 9.6z" fill="currentColor" />
    </>
  ),
  talk: <rect x="1" y="1" width="10" height="10" rx="2.2" fill="currentColor" />,
  hold: (
    <path
      fill="currentColor"
      fill-rule="evenodd"
      d="M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1zM3.4 5.2a.4.4 0 0 0-.4.4v.8c0 .2.2.4.4.4h5.2c.2 0 .4-.2.4-.4v-.8a.4.4 0 0 0-.4-.4z"
    />
  ),
  off: <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.6" />,
};

export type PresenceShape = keyof typeof PRESENCE;

/** A colleague's state by shape as well as by colour, 12 × 12. */
export function PresenceIcon({ shape }: { readonly shape: PresenceShape }): VNode {
  return (
    <svg class={`k-p k-p--${shape}`} viewBox="0 0 12 12" aria-hidden="true">
      {PRESENCE[shape]}
    </svg>
  );
}
