// Loads the account's widgets from their archives and leads them through their lives
// (docs/protocols/amocrm-platform.md#the-manifest, #the-script).
define(["jquery", "stand/app", "stand/widget-base"], ($, { APP, context }, { createBase, actions }) => {
  /** Beginning of a location → areas where it shows; "everywhere" and init_once know no areas. */
  const AREAS = {
    lcard: ["leads_card"],
    ccard: ["contacts_card"],
    comcard: ["companies_card"],
    llist: ["leads", "leads-pipeline"],
    clist: ["contacts", "companies"],
    settings: ["settings"],
  };
  /** {widget, instance, running} by code. */
  const loaded = new Map();

  function report(widget, error) {
    const words = error instanceof Error ? error.message : String(error);
    APP.notifications.show_message_error({ header: `${context.texts.widgetFailed}: ${widget.code}`, text: words });
    window.reportError(error);
  }

  const belongsHere = (widget) =>
    widget.init_once ||
    widget.locations.some(
      (location) => location === "everywhere" || AREAS[location.replace(/-[01]$/, "")]?.includes(APP.getWidgetsArea()),
    );

  const load = (widget) =>
    new Promise((resolve, reject) => {
      requirejs([`widgets/${widget.code}/script`], resolve, reject);
    }).then((Widget) => {
      Object.setPrototypeOf(Widget.prototype, createBase(widget));
      const entry = { widget, instance: new Widget(), running: false };
      loaded.set(widget.code, entry);
      return entry;
    });

  function start(entry) {
    const { callbacks } = entry.instance;
    // Without a true from render neither of the others is run.
    if (callbacks.render() !== true) return;
    callbacks.bind_actions();
    callbacks.init();
    entry.running = true;
  }

  function stop(entry) {
    if (!entry.running) return;
    entry.running = false;
    for (const list of Object.values(actions)) {
      const others = list.filter(({ widget }) => widget !== entry.widget);
      list.splice(0, list.length, ...others);
    }
    entry.instance.callbacks.destroy?.();
  }

  /** `onInstall` runs once for the account, in the first page that sees the widget active; its errors count for nothing. */
  function tellInstalled({ widget, instance }) {
    if (widget.installed || !context.is_admin) return;
    widget.installed = true;
    try {
      instance.callbacks.onInstall?.();
    } catch {
      // the CRM ignores what goes wrong here
    }
    $.ajax({
      url: `/ajax/stand/widgets/${widget.code}`,
      method: "POST",
      contentType: "application/json",
      data: '{"installed":true}',
    });
  }

  async function startAll() {
    for (const widget of context.widgets) {
      if (!widget.active) continue;
      try {
        const entry = await load(widget);
        if (belongsHere(widget)) start(entry);
        tellInstalled(entry);
      } catch (error) {
        report(widget, error);
      }
    }
  }

  // Those without init_once die with their page and are born on the next one that they belong to.
  $(document).on("page:changed", () => {
    for (const entry of loaded.values()) {
      if (entry.widget.init_once) continue;
      try {
        stop(entry);
        if (belongsHere(entry.widget)) start(entry);
      } catch (error) {
        report(entry.widget, error);
      }
    }
  });

  /** The widget's script for its settings page, loaded also while it is not installed. */
  async function forSettings(code) {
    const widget = context.widgets.find((one) => one.code === code);
    return loaded.get(code) ?? (widget && (await load(widget)));
  }

  return { startAll, forSettings, stop };
});
