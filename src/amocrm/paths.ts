/** Where at the service amoCRM, and an administrator who connects it, come to. */

/** Below the service's public address. They stand in amoCRM's settings of the integration, so they never change. */
export const CRM_PATHS = {
  connect: "/amocrm/connect",
  oauthReturn: "/amocrm/oauth",
  secrets: "/amocrm/secrets",
  disabled: "/amocrm/disabled",
  webhook: "/amocrm/webhook",
} as const;
