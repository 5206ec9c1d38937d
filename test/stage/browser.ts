/** The machine's own Chromium, driven by playwright-core. */
import { type Browser, chromium } from "playwright-core";
import { findChromium } from "../needs.ts";

export async function startBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("no Chromium on this machine; script/bootstrap says how to get it");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox", // tests run as root in a container; the pages are our own
      "--autoplay-policy=no-user-gesture-required",
      "--use-fake-device-for-media-stream",
    ],
    // There is nobody to hear it: looking for a sound server, it would leave a folder behind.
    env: { ...process.env, PULSE_RUNTIME_PATH: "/dev/null/pulse" },
  });
}
