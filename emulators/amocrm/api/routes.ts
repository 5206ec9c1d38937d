import { accountRoutes } from "./account.ts";
import type { ApiRoute } from "./call.ts";
import { callRoutes } from "./calls.ts";
import { complexRoutes } from "./complex.ts";
import { customFieldRoutes } from "./custom-fields.ts";
import { emptyListRoutes } from "./empty-lists.ts";
import { entityRoutes } from "./entities.ts";
import { eventRoutes } from "./events.ts";
import { legacyRoutes } from "./legacy.ts";
import { linkRoutes } from "./links.ts";
import { lossReasonRoutes } from "./loss-reasons.ts";
import { noteRoutes } from "./notes.ts";
import { pipelineRoutes } from "./pipelines.ts";
import { sourceRoutes } from "./sources.ts";
import { tagRoutes } from "./tags.ts";
import { taskRoutes } from "./tasks.ts";
import { unsortedRoutes } from "./unsorted.ts";
import { userRoutes } from "./users.ts";
import { webhookRoutes } from "./webhooks.ts";
import { widgetRoutes } from "./widgets.ts";

/** The whole API. Fixed words come before `{id}`: `/leads/pipelines` before `/leads/{id}`. */
export const apiRoutes: readonly ApiRoute[] = [
  ...accountRoutes,
  ...customFieldRoutes,
  ...userRoutes,
  ...pipelineRoutes,
  ...lossReasonRoutes,
  ...emptyListRoutes,
  ...sourceRoutes,
  ...callRoutes,
  ...complexRoutes,
  ...unsortedRoutes,
  ...linkRoutes,
  ...noteRoutes,
  ...tagRoutes,
  ...entityRoutes,
  ...taskRoutes,
  ...eventRoutes,
  ...webhookRoutes,
  ...widgetRoutes,
  ...legacyRoutes,
];
