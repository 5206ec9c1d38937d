// `lib/components/base/modal`: the dialog that widgets ask for (docs/protocols/amocrm-platform.md#dialogs-and-theme).
define(["jquery"], ($) => {
  class Modal {
    constructor(options = {}) {
      this.options = options;
      this.$modal = $('<div class="modal" role="dialog" aria-modal="true"></div>').addClass(options.class_name);
      this.$body = $('<div class="modal-body"></div>').appendTo(this.$modal);
      this.$modal.appendTo(document.body);
      this.onKey = (event) => {
        if (event.key === "Escape") this.destroy();
      };
      document.addEventListener("keydown", this.onKey);
      this.$modal.on("click", (event) => {
        const overlay = event.target === this.$modal[0] && !options.disable_overlay_click;
        if (overlay || $(event.target).closest(".modal-body__close").length > 0) this.destroy();
      });
      if (options.init) options.init.call(this, this.$body);
    }

    destroy() {
      document.removeEventListener("keydown", this.onKey);
      if (this.options.destroy?.call(this) === false) return;
      this.$modal.remove();
    }
  }
  return Modal;
});
