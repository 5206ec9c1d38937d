// Starts the page's scripts the way the CRM does: an AMD loader, jQuery 2.1, widgets as modules beside them.
requirejs.config({
  baseUrl: "/",
  // Widgets name their own files with the extension: './lib/panel.js'.
  nodeIdCompat: true,
  paths: {
    jquery: "stand-assets/vendor/jquery",
    "lib/components/base/modal": "stand-assets/lib/components/base/modal",
    stand: "stand-assets/stand",
  },
});
requirejs(["stand/page"]);
