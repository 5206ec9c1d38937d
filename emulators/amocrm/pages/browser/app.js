// `APP` as widgets see it (docs/protocols/amocrm-platform.md#app, #notifications): read-only for them, kept by the page.
define(["jquery", "stand/notifications"], ($, notifications) => {
  const context = JSON.parse(document.getElementById("stand-context").textContent);
  const page = JSON.parse(document.getElementById("stand-page").textContent);
  let calling = false;

  const constants = {
    user: context.user,
    user_rights: { is_admin: context.is_admin },
    account: context.account,
    managers: context.managers,
    groups: context.groups,
    task_types: context.task_types,
  };

  const APP = {
    lang_id: context.lang_id,
    constant: (name) => constants[name],
    getWidgetsArea: () => page.area,
    getBaseEntity: () => page.area.replace(/_card$|-pipeline$/, ""),
    isCard: () => page.area.endsWith("_card"),
    data: { current_card: false, current_list: false, current_view: { $el: $("#work_area") } },
    sdk: {
      setCallingStatus: (status) => {
        calling = status === true;
      },
      getCallingStatus: () => calling,
      showUserStatus: () => undefined,
    },
    notifications: notifications.api,
    addNotificationCallback: notifications.subscribe,
    widgets: {
      notificationsPhone({ ns, click }) {
        APP.widgets.destroyNotificationsPhone({ ns });
        $('<button type="button" class="stand-phone-icon" aria-label="phone">☎</button>')
          .attr("data-ns", ns)
          .on("click", click)
          .insertBefore("#nav_menu .side-foot");
      },
      destroyNotificationsPhone({ ns }) {
        $("#nav_menu .stand-phone-icon")
          .filter((_, icon) => icon.dataset.ns === ns)
          .remove();
      },
    },
  };

  /** After the first draw and after every navigation. */
  function showPage(next) {
    Object.assign(page, next);
    const { card } = page;
    APP.data.current_card = card
      ? { id: card.id, type: card.type, model: { id: card.id, get: (name) => card[name] } }
      : false;
    APP.data.current_view = { $el: $("#work_area") };
  }
  showPage(page);

  window.APP = APP;
  window.AMOCRM = APP;
  return { APP, context, page, showPage };
});
