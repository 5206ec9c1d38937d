/** The product's icons, 20 × 20, 1.6 px round strokes in the colour of the text. The handset is one drawing, turned. */
import type { VNode } from "preact";

const HANDSET =
  "M10 6.2c-2.7 0-5 .5-6.8 1.5-1.3.8-2 2.1-2 3.3v1.3c0 .8.7 1.4 1.5 1.2l3-.6c.6-.1 1.1-.7 1.1-1.3v-1.2c0-.3.2-.6.5-.7 1.8-.4 3.6-.4 5.4 0 .3.1.5.4.5.7v1.2c0 .6.5 1.2 1.1 1.3l3 .6c.8.2 1.5-.4 1.5-1.2V11c0-1.2-.7-2.5-2-3.3C15 6.7 12.7 6.2 10 6.2z";

const FILLED = {
  hang: <path d={HANDSET} />,
  call: <path transform="rotate(-135 10 10) translate(0 .6)" d={HANDSET} />,
};

const DRAWN = {
  in: (
    <>
      <path d="M15 5 6 14" />
      <path d="M6 7.5V14h6.5" />
    </>
  ),
  out: (
    <>
      <path d="M5 15l9-9" />
      <path d="M7.5 6H14v6.5" />
    </>
  ),
  inner: (
    <>
      <path d="M3.5 10h13" />
      <path d="M6.5 7l-3 3 3 3" />
      <path d="M13.5 7l3 3-3 3" />
    </>
  ),
  open: (
    <>
      <path d="M8.5 5H5.6A1.6 1.6 0 0 0 4 6.6v7.8A1.6 1.6 0 0 0 5.6 16h7.8a1.6 1.6 0 0 0 1.6-1.6v-2.9" />
      <path d="M11.5 4H16v4.5" />
      <path d="M16 4l-6.5 6.5" />
    </>
  ),
  copy: (
    <>
      <rect x="7.5" y="7.5" width="8.5" height="8.5" rx="1.6" />
      <path d="M4.5 12.2V6a1.5 1.5 0 0 1 1.5-1.5h6.2" />
    </>
  ),
  search: (
    <>
      <circle cx="9" cy="9" r="5.2" />
      <path d="M13 13l3.6 3.6" />
    </>
  ),
  check: <path d="M4.5 10.5 8 14l7.5-8" />,
  x: (
    <>
      <path d="M5.5 5.5l9 9" />
      <path d="M14.5 5.5l-9 9" />
    </>
  ),
  down: <path d="M5.5 8l4.5 4.5L14.5 8" />,
  up: <path d="M5.5 12 10 7.5l4.5 4.5" />,
  right: <path d="M8 5.5l4.5 4.5L8 14.5" />,
  warn: (
    <>
      <path d="M10 3.8 17.2 16H2.8z" />
      <path d="M10 8.3v3.4" />
      <path d="M10 13.8v.1" />
    </>
  ),
  repeat: (
    <>
      <path d="M4 9a6 6 0 0 1 10.6-2.8L16 7.6" />
      <path d="M16 4v3.6h-3.6" />
      <path d="M16 11a6 6 0 0 1-10.6 2.8L4 12.4" />
      <path d="M4 16v-3.6h3.6" />
    </>
  ),
  deal: (
    <>
      <rect x="3.5" y="7" width="13" height="9" rx="1.6" />
      <path d="M7.3 7V5.4A1.4 1.4 0 0 1 8.7 4h2.6a1.4 1.4 0 0 1 1.4 1.4V7" />
      <path d="M3.5 11h13" />
    </>
  ),
  person: (
    <>
      <circle cx="10" cy="7" r="3" />
      <path d="M4.3 16.5a5.7 5.7 0 0 1 11.4 0" />
    </>
  ),
  pbx: (
    <>
      <rect x="3.5" y="4" width="13" height="7" rx="1.6" />
      <path d="M7 11v2.5a3 3 0 0 0 6 0V11" />
      <path d="M7 7.5v.1" />
      <path d="M13 7.5v.1" />
    </>
  ),
  crm: (
    <>
      <rect x="3.5" y="4.5" width="13" height="11" rx="1.6" />
      <path d="M6.5 8.2h4" />
      <path d="M6.5 11.5h7" />
    </>
  ),
  desk: (
    <>
      <path d="M4.6 9.8h10.8l1.1 5.9H3.5z" />
      <path d="M3 8.2V6.6c4-2.9 10-2.9 14 0v1.6" />
    </>
  ),
  clock: (
    <>
      <circle cx="10" cy="10" r="6.6" />
      <path d="M10 6.4V10l2.5 1.7" />
    </>
  ),
  lock: (
    <>
      <rect x="4.5" y="9" width="11" height="7.5" rx="1.6" />
      <path d="M7 9V6.8a3 3 0 0 1 6 0V9" />
    </>
  ),
  plus: (
    <>
      <path d="M10 4.5v11" />
      <path d="M4.5 10h11" />
    </>
  ),
  transfer: (
    <>
      <path d="M3 14c0-4.2 2.8-7 7-7h6" />
      <path d="M12.5 3.5 16 7l-3.5 3.5" />
    </>
  ),
  hold: <path stroke-width="2.2" d="M7.5 5v10M12.5 5v10" />,
};

export type IconName = keyof typeof FILLED | keyof typeof DRAWN;

/** Decoration beside words, so hidden from screen readers. `size`: 20 px, or 16. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: 16 | 20 }): VNode {
  const filled = name === "hang" || name === "call";
  return (
    <svg class={size === 16 ? "k-i k-i--16" : "k-i"} viewBox="0 0 20 20" aria-hidden="true">
      {filled ? (
        <g fill="currentColor">{FILLED[name]}</g>
      ) : (
        <g fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">
          {DRAWN[name]}
        </g>
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
