// The settings page of a widget: fields of the manifest, callbacks settings and onSave
// (docs/protocols/amocrm-platform.md#settings-of-a-widget, #the-script).
define(["jquery", "stand/app", "stand/widget-host"], ($, { APP }, host) => {
  function collect(form) {
    const fields = {};
    for (const holder of form.querySelectorAll("[data-setting]")) {
      const { setting, type } = holder.dataset;
      fields[setting] = type ? collectUsers(holder, type) : holder.value;
    }
    return fields;
  }

  /** `users`: user id → text; `users_lp`: user id → {login, password}; users without any text are left out. */
  function collectUsers(holder, type) {
    const users = {};
    for (const input of holder.querySelectorAll("input")) {
      const { user, part } = input.dataset;
      if (input.value === "") continue;
      if (type === "users") users[user] = input.value;
      else users[user] = { ...users[user], [part]: input.value };
    }
    return users;
  }

  async function save(form, active) {
    const { code } = form.dataset;
    const entry = await host.forSettings(code);
    const fields = collect(form);
    try {
      const agreed = await entry.instance.callbacks.onSave({ active: active ? "Y" : "N", fields });
      if (agreed !== true) return;
    } catch (error) {
      APP.notifications.show_message_error({ header: code, text: String(error?.message ?? error) });
      return;
    }
    if (!active) host.stop(entry);
    await $.ajax({
      url: `/ajax/stand/widgets/${code}`,
      method: "POST",
      contentType: "application/json",
      data: JSON.stringify({ settings: fields, active }),
    });
    window.location.reload(); // every page sees the new settings from its first line on
  }

  async function show() {
    const form = document.getElementById("stand-widget-settings");
    if (!form) return;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void save(form, true);
    });
    form.querySelector("[data-disable]")?.addEventListener("click", () => void save(form, false));
    const entry = await host.forSettings(form.dataset.code);
    entry?.instance.callbacks.settings?.($(form).find(".widget_settings_block"), {});
  }

  $(document).on("page:changed", show);
  return { show };
});
