// Toasts in the lower left corner and those who want to hear of incoming calls (docs/protocols/amocrm-platform.md#notifications).
define(["jquery"], ($) => {
  const callbacks = [];

  /** @param {{header?: string, text?: string, link?: string, kind: string}} toast */
  function show({ header, text, link, kind }) {
    const $toast = $('<article class="toast"></article>').addClass(`toast-${kind}`);
    $("<strong></strong>")
      .text(header ?? "")
      .appendTo($toast);
    $("<p></p>")
      .text(text ?? "")
      .appendTo($toast);
    if (link) $('<a class="js-navigate-link"></a>').attr("href", link.href).text(link.text).appendTo($toast);
    $('<button type="button" class="toast-close">×</button>')
      .on("click", () => $toast.remove())
      .appendTo($toast);
    $("#stand-toasts").append($toast);
  }

  /** What a v2 phone_call event becomes on a page. */
  function toNotification(popUp, texts) {
    const { element, phone_number, uid, at } = popUp;
    const encoded = encodeURIComponent(phone_number);
    const url = element ? `/${element.type}/detail/${element.id}` : `/contacts/add/?phone=${encoded}`;
    const title = element ? element.name : phone_number;
    return {
      id: uid,
      entity: element?.type ?? null,
      linked_entity: element ? { type: element.type, id: element.id } : null,
      created_at: at,
      updated_at: at,
      is_read: false,
      silent: false,
      body: {
        title: texts.incomingCall,
        icon: { call: true, value: "" },
        rows: [
          { style: "text", text: phone_number, class_height: "" },
          ...(element ? [{ style: "text", text: title, class_height: "" }] : []),
        ],
        actions: { click: { url }, buttons: [], read_on_show: false },
      },
      uuid: uid,
      notification_id: uid,
      click: { type: "url", value: url },
      web_link: url,
      buttons: [],
      notification: true,
    };
  }

  return {
    callbacks,
    subscribe: (code, fn) => callbacks.push({ code, fn }),
    receivePopUp(popUp, texts) {
      const notification = toNotification(popUp, texts);
      const link = { href: notification.web_link, text: popUp.element ? popUp.element.name : texts.createContact };
      show({ header: texts.incomingCall, text: popUp.phone_number, link, kind: "call" });
      for (const { fn } of callbacks) fn(notification);
    },
    // What widgets see as APP.notifications.
    api: {
      show_message: ({ header, text }) => show({ header, text, kind: "message" }),
      show_message_error: ({ header, text }) => show({ header, text, kind: "error" }),
      show_notification: ({ text, type }) => show({ ...text, kind: type }),
      add_call: ({ text, from, click_link, element }) => {
        const href = click_link ?? (element ? `/${element.type}s/detail/${element.id}` : undefined);
        show({
          header: text,
          text: from,
          kind: "call",
          link: href ? { href, text: element?.name ?? href } : undefined,
        });
      },
      add_error: ({ header, text }, { done, always } = {}) => {
        show({ header, text, kind: "error" });
        done?.();
        always?.();
      },
    },
  };
});
