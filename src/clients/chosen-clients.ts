import type { ClientRef } from "./client-index.ts";

/** Which of several clients with one number is meant, as an employee has said. Implemented by `store/`. */
export interface ChosenClients {
  /**
   * From now on this client is the first of those behind the number, as long as the number is on his card.
   * @param chosenAt epoch ms
   */
  choose(account: string, phone: string, client: ClientRef, chosenAt: number): Promise<void>;
}
