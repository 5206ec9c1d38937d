// What every widget finds on itself: the methods of the base Widget (docs/protocols/amocrm-platform.md#methods-of-a-widget).
define(["jquery", "stand/app"], ($, { APP, context }) => {
  /** Handlers of clicks on phone numbers and e-mails: {widget, fn}. */
  const actions = { phone: [], email: [] };
  const PROXY_MS = 1000;
  let proxyQueue = Promise.resolve();

  const textAt = (tree, path) => path.split(".").reduce((node, key) => node?.[key], tree);

  /** Only {{ name }} is filled in; a template that needs more of Twig is refused aloud instead of being drawn wrong. */
  function fill(template, params = {}) {
    if (/\{%|\{\{[^}]*[|(]/.test(template)) throw new Error("the practice stand renders only {{ name }} in templates");
    return template.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_, path) => {
      return $("<i></i>")
        .text(textAt(params, path) ?? "")
        .html();
    });
  }

  /** @param widget entry of the page's context: code, settings, langs */
  function createBase(widget) {
    const settings = { ...widget.settings };
    let langs = widget.langs;
    const base = {
      ns: `widget:${widget.code}`,
      params: settings,
      get langs() {
        return langs;
      },
      set_lang: (next) => {
        langs = { ...langs, ...next };
      },
      i18n: (path) => textAt(langs, path) ?? "",
      get_settings: () => settings,
      set_settings: (next) => Object.assign(settings, next),
      get_version: () => settings.version,
      get_install_status: () => (widget.active ? "installed" : "install"),
      get_accounts_current: () => context.account,
      system: () => ({
        area: APP.getWidgetsArea(),
        amouser_id: String(context.user.id),
        amouser: context.user.login,
        amohash: "",
        subdomain: context.account.subdomain,
        domain: context.account.domain,
      }),
      add_action: (kind, fn) =>
        actions[kind]?.push({
          widget,
          fn,
          name: base.i18n("widget.call_action") || base.i18n("widget.name") || widget.code,
        }),
      add_source: () => undefined,
      list_selected: () => ({ selected: [] }),
      widgetsOverlay: (shown) => $("#work_area").toggleClass("overlaid", shown),
      get_current_card_contacts_data: () => Promise.resolve(JSON.parse(JSON.stringify(currentContacts()))),
      $authorizedAjax: (options) =>
        $.ajax({ url: `/ajax/v2/integrations/${settings.oauth_client_uuid}/disposable_token`, dataType: "json" }).then(
          ({ token }) => $.ajax({ ...options, headers: { ...options.headers, "X-Auth-Token": token } }),
        ),
      crm_post: (url, data, onAnswer, type = "json", onError = undefined) => {
        const ask = () =>
          $.ajax({
            url: "/ajax/stand/proxy",
            method: "POST",
            contentType: "application/json",
            dataType: type,
            data: JSON.stringify({ url, form: $.param(data ?? {}) }),
          })
            .done((answer) => onAnswer?.(answer))
            .fail((problem) => onError?.(problem));
        proxyQueue = proxyQueue.then(() => {
          ask();
          return new Promise((resolve) => setTimeout(resolve, PROXY_MS));
        });
      },
      render: (template, params) => {
        if (template.promised || template.href || template.ref) {
          throw new Error("the practice stand renders templates given as text (data) only");
        }
        return fill(template.data, params);
      },
      render_template: ({ caption, body, render }, params) => {
        const $block = $('<section class="card-widgets__widget"></section>').addClass(caption?.class_name);
        $('<h2 class="card-widgets__widget__caption"></h2>')
          .html(caption?.html ?? "")
          .appendTo($block);
        $('<div class="card-widgets__widget__body"></div>')
          .html(fill(`${body ?? ""}${render ?? ""}`, params))
          .appendTo($block);
        return $block.attr("data-code", widget.code).appendTo("#widgets_block");
      },
      listenSocketChannel: () => () => undefined,
    };
    return base;
  }

  const currentContacts = () => APP.data.current_card?.model?.get("contacts") ?? [];

  return { createBase, actions };
});
