/** Cards come and go; the cursor stays in the panel. */
import { useEffect, useRef } from "preact/hooks";

/** Where it goes, the first that there is: never to a key, which the next press of the person's would press. */
const HAVENS = ["article", "[data-field]"] as const;

/**
 * A part that leaves the screen with the cursor in it would leave it nowhere: a screen reader and TAB would begin anew. Whoever
 * works in the CRM's page, or has left a field by himself, is left there.
 */
export function useKeptFocus(root: { readonly current: HTMLElement | null }): void {
  const last = useRef<EventTarget | null>(null);
  useEffect(() => {
    const note = ({ target }: FocusEvent) => {
      last.current = target;
    };
    document.addEventListener("focusin", note);
    return () => document.removeEventListener("focusin", note);
  }, []);
  // After the paint: while a cursor goes from one field to the other it is nowhere for a moment, and that moment may be drawn.
  useEffect(() => {
    const { current: main } = root;
    if (main === null || !(last.current instanceof Node) || last.current.isConnected) return;
    last.current = null;
    if (document.activeElement !== document.body || !document.hasFocus()) return;
    const haven = HAVENS.map((one) => main.querySelector<HTMLElement>(one)).find((one) => one !== null);
    (haven ?? main).focus({ preventScroll: true });
  });
}
