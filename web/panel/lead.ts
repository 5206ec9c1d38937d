/**
 * Several tabs of the CRM, one panel that speaks up: the tab the person looked at last leads, and when it is closed another one
 * takes over. The browser's locks are shared by all our frames under one CRM.
 */
const LOCK = "kommutator-lead";

export function followLead(page: Window, changed: (leads: boolean) => void): void {
  const { locks } = page.navigator;
  // Only pages under https (and localhost) have locks; without them every tab speaks for itself.
  if (!locks) {
    changed(true);
    return;
  }

  let leads = false;
  let waiting: AbortController | null = null;

  const wait = async (steal: boolean): Promise<void> => {
    waiting?.abort();
    waiting = steal ? null : new AbortController();
    const options: LockOptions = waiting ? { signal: waiting.signal } : { steal: true };
    const { signal } = options;
    try {
      await locks.request(LOCK, options, () => {
        leads = true;
        changed(true);
        return new Promise<never>(() => {}); // held until the tab is closed or another one takes it
      });
    } catch {
      if (signal?.aborted) return; // given up by ourselves, to take the lead at once
      leads = false;
      changed(false);
      await wait(false);
    }
  };

  const take = () => {
    if (!leads && page.document.visibilityState === "visible") void wait(true);
  };
  page.document.addEventListener("visibilitychange", take);
  page.addEventListener("focus", take);
  if (page.document.visibilityState === "visible") take();
  else void wait(false);
}
