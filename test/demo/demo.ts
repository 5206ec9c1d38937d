/** Everything that the demo runs: phones, service, practice CRM, the start page, and the clients who answer. */
import fastify from "fastify";
import { PRACTICE_COMPANY } from "../../emulators/pbx/company.ts";
import { addPhonesPage, type DeskPhones } from "../../emulators/pbx/http/phones-page.ts";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import type { TestPbx } from "../stage/pbx.ts";
import { Stage } from "../stage/stage.ts";
import { AsteriskPhones } from "./asterisk-phones.ts";
import { answerAtClients } from "./clients.ts";
import { COLLEAGUES, LINES } from "./company.ts";
import { portOrFree } from "./ports.ts";
import { openStartPage } from "./start-page.ts";

/** What a browser asks, and where it would like to listen; 0 for any free port. */
export interface Ports {
  readonly start: number;
  readonly service: number;
  readonly crm: number;
  readonly phones: number;
}

export interface DemoOptions {
  readonly asterisk: boolean;
  readonly ports: Ports;
  /** Factor on the practice PBX's own delays. */
  readonly pace: number;
  /** Does a part of the start, and tells of it. */
  readonly step: <Result>(what: string, work: () => Promise<Result>) => Promise<Result>;
}

export interface Demo extends AsyncDisposable {
  readonly stage: Stage;
  readonly phones: DeskPhones;
  readonly startUrl: string;
  /** Where it really listens. */
  readonly ports: Ports;
}

export async function startDemo({ asterisk, ports: wanted, pace, step }: DemoOptions): Promise<Demo> {
  await using stack = new AsyncDisposableStack();
  const ports: Ports = {
    start: await portOrFree(wanted.start),
    service: await portOrFree(wanted.service),
    crm: await portOrFree(wanted.crm),
    phones: await portOrFree(wanted.phones),
  };
  const { pbx, phones } = asterisk
    ? await step("Asterisk and six SIP phones", () => startAsterisk(ports.phones, stack))
    : await step("the practice PBX and its phones", () => startPracticePbx(ports.phones, pace));
  // The stage ends the PBX, too, and does so before the phones' page.
  const stage = stack.use(
    await step("the service, and the practice CRM with the widget", () =>
      Stage.start(pbx, { port: ports.service, crmPort: ports.crm }),
    ),
  );
  for (const { extension, answersAfterSeconds } of COLLEAGUES) {
    if (answersAfterSeconds !== null) await phones.phone(extension).setAnswerAfter(answersAfterSeconds * 1000);
  }
  stack.use(answerAtClients(phones));
  const phonesUrl = `http://127.0.0.1:${ports.phones}/`;
  const startPage = stack.use(await openStartPage({ stage, phonesUrl, isAsterisk: asterisk, port: ports.start }));
  const running = stack.move();
  return { stage, phones, startUrl: startPage.url, ports, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

interface PhonesInUse {
  readonly pbx: TestPbx;
  readonly phones: DeskPhones;
}

async function startPracticePbx(httpPort: number, pace: number): Promise<PhonesInUse> {
  const employees = COLLEAGUES.map(({ extension, name }) => ({ extension, name }));
  const pbx = await startEmulatedPbx({ company: { ...PRACTICE_COMPANY, employees }, httpPort, pace });
  return { pbx, phones: pbx.emulator };
}

async function startAsterisk(httpPort: number, stack: AsyncDisposableStack): Promise<PhonesInUse> {
  const started = await AsteriskPhones.start(COLLEAGUES, Object.values(LINES));
  try {
    const app = fastify({ forceCloseConnections: true });
    addPhonesPage(app, started.phones);
    await app.listen({ port: httpPort, host: "127.0.0.1" });
    stack.defer(() => app.close());
    return started;
  } catch (error) {
    await started.pbx[Symbol.asyncDispose]();
    throw error;
  }
}
