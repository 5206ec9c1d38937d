// What a person can do on the stand's pages: click a number, listen, accept, move, add, change the theme.
define([
  "jquery",
  "stand/app",
  "stand/navigation",
  "stand/notifications",
  "stand/widget-base",
  "stand/widget-host",
  "stand/widget-settings",
], ($, { APP, context }, { navigate, refresh }, notifications, { actions }, host, settings) => {
  const api = (method, path, body) =>
    $.ajax({
      url: path,
      method,
      contentType: "application/json",
      ...(body === undefined ? {} : { data: JSON.stringify(body) }),
    }).fail((problem) => {
      APP.notifications.show_message_error({ header: String(problem.status), text: problem.responseText });
    });

  // A number opens a menu with what the widgets offer for it.
  function openPhoneMenu(link) {
    $(".phone-menu").remove();
    const value = link.dataset.phone;
    const $menu = $('<div class="phone-menu" role="menu"></div>');
    const item = (text, run) =>
      $('<button type="button" role="menuitem"></button>')
        .text(text)
        .on("click", () => {
          $menu.remove();
          run();
        })
        .appendTo($menu);
    for (const { name, fn } of actions.phone) item(name, () => fn({ value }));
    item(context.texts.copy, () => navigator.clipboard?.writeText(value));
    const { left, bottom } = link.getBoundingClientRect();
    $menu.css({ left, top: bottom }).appendTo(document.body);
    $menu.find("button").first().trigger("focus");
  }

  $(document)
    .on("click", ".js-stand-phone", (event) => {
      event.preventDefault();
      openPhoneMenu(event.currentTarget);
    })
    .on("click", (event) => {
      if ($(event.target).closest(".phone-menu, .js-stand-phone").length === 0) $(".phone-menu").remove();
    })
    .on("keydown", (event) => {
      if (event.key === "Escape") $(".phone-menu").remove();
    })
    // The browser itself fetches the recording: no cookie, no header of the CRM goes with it.
    .on("click", ".js-call-play", (event) => {
      event.preventDefault();
      const link = event.currentTarget;
      $(link).siblings("audio").remove();
      $('<audio controls preload="metadata"></audio>')
        .attr("src", link.href)
        .insertAfter(link)[0]
        .play()
        .catch((error) => {
          APP.notifications.show_message_error({ header: context.texts.play, text: error.message });
        });
    })
    .on("click", "[data-unsorted]", (event) => {
      const { unsorted } = event.currentTarget.dataset;
      const { uid } = event.currentTarget.closest("[data-uid]").dataset;
      api(unsorted === "accept" ? "POST" : "DELETE", `/api/v4/leads/unsorted/${uid}/${unsorted}`);
    })
    .on("change", "[data-patch]", ({ currentTarget: { dataset, name, value } }) => {
      api("PATCH", `/api/v4/${dataset.patch}`, { [name]: Number(value) });
    })
    .on("change", "[data-done]", ({ currentTarget: { dataset } }) => {
      api("PATCH", `/api/v4/tasks/${dataset.done}`, { is_completed: true });
    })
    .on("submit", "#stand-new-contact", async (event) => {
      event.preventDefault();
      const { name, phone } = event.currentTarget.elements;
      const fields = phone.value ? [{ field_code: "PHONE", values: [{ value: phone.value, enum_code: "WORK" }] }] : [];
      const answer = await api("POST", "/api/v4/contacts", [{ name: name.value, custom_fields_values: fields }]);
      navigate(`/contacts/detail/${answer._embedded.contacts[0].id}`);
    });

  const root = document.documentElement;
  function setTheme(dark) {
    if (dark) root.dataset.colorScheme = "dark";
    else delete root.dataset.colorScheme;
    localStorage.setItem("stand-theme", dark ? "dark" : "light");
    $("#stand-theme").attr("aria-pressed", String(dark));
  }
  $("#stand-theme").on("click", () => setTheme(root.dataset.colorScheme !== "dark"));
  setTheme(localStorage.getItem("stand-theme") === "dark");

  const live = new EventSource("/ajax/stand/changes");
  let waiting;
  function refreshSoon() {
    // One act of the API makes several changes; they are drawn together.
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 60);
  }
  live.addEventListener("changed", refreshSoon);
  // What has changed since the page was drawn, or while the connection was away, was told to nobody.
  live.addEventListener("open", refreshSoon);
  live.addEventListener("pop-up", ({ data }) => notifications.receivePopUp(JSON.parse(data), context.texts));

  host.startAll().then(() => {
    settings.show();
    root.dataset.standReady = "true"; // tests wait for it
  });
});
