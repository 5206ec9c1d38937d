/** A small widget archive that is right in every point; tests spoil one point each. */
import { strToU8, zipSync } from "fflate";
import { PNG } from "pngjs";

export const picture = (width: number, height: number): Uint8Array => PNG.sync.write(new PNG({ width, height }));

export const MANIFEST = {
  widget: {
    name: "widget.name",
    description: "widget.description",
    short_description: "widget.short_description",
    version: "1.0.0",
    interface_version: 2,
    init_once: true,
    locale: ["ru", "en"],
    installation: true,
    support: { link: "https://pbx.example.org/help", email: "help@example.org" },
  },
  locations: ["everywhere", "settings", "lcard-0"],
  tour: {
    is_tour: true,
    tour_images: { ru: ["/images/tour_1.png"], en: ["/images/tour_1.png"] },
    tour_description: "widget.name",
  },
  settings: {
    host: { name: "settings.host", type: "text", required: true },
    pbx_users: { name: "settings.pbx_users", type: "users", required: false },
  },
};

const TEXTS = {
  widget: { name: "Trial", description: "Trial widget", short_description: "Trial", call_action: "Call by trial" },
  settings: { host: "Host", pbx_users: "Extensions" },
};

/** Writes what it lives through on `window.trial`, for the test to read. */
const SCRIPT = `define(['jquery', 'lib/components/base/modal', './lib/words.js'], function ($, Modal, words) {
  return function () {
    var self = this;
    var trial = (window.trial = window.trial || { log: [], dialled: [], popUps: [], words: words });
    var note = function (what) { trial.log.push(what + '@' + self.system().area); };
    $(document).on('page:changed', function () { note('page:changed'); });
    this.callbacks = {
      render: function () { note('render'); return true; },
      init: function () {
        note('init');
        trial.self = self;
        trial.Modal = Modal;
        self.add_action('phone', function (data) { trial.dialled.push(data.value); });
        APP.addNotificationCallback(self.get_settings().widget_code, function (event) { trial.popUps.push(event); });
        return true;
      },
      bind_actions: function () { note('bind_actions'); return true; },
      settings: function ($body) { note('settings'); $body.append('<p>trial was here</p>'); return true; },
      onSave: function (data) { trial.saved = data; return Promise.resolve(true); },
      onInstall: function () { note('onInstall'); },
      destroy: function () { note('destroy'); }
    };
    return this;
  };
});
`;

export type Files = Record<string, Uint8Array>;

export function trialFiles(manifest: object = MANIFEST): Files {
  const texts = strToU8(JSON.stringify(TEXTS));
  return {
    "manifest.json": strToU8(JSON.stringify(manifest)),
    "script.js": strToU8(SCRIPT),
    "lib/words.js": strToU8("define([], function () { return 'from the archive'; });\n"),
    "i18n/ru.json": texts,
    "i18n/en.json": texts,
    "images/logo_main.png": picture(400, 272),
    "images/logo_small.png": picture(108, 108),
    "images/logo.png": picture(130, 100),
    "images/logo_medium.png": picture(240, 84),
    "images/logo_min.png": picture(84, 84),
    "images/tour_1.png": picture(1188, 616),
  };
}

export const zip = (files: Files): Uint8Array => zipSync(files);
