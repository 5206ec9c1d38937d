// Moving between pages without a reload; parts marked data-live follow changes that others make.
define(["jquery", "stand/app"], ($, { page, showPage }) => {
  /** The source each live node was drawn from: a node that plays or is being edited stays while its source is the same. */
  const sources = new WeakMap();
  let asked = 0;
  /** Address of the page that is shown: while the next one is on its way it is not the one the window tells. */
  let shown = window.location.href;

  const fetchPage = async (href) => {
    const response = await fetch(href, { headers: { "X-Stand-Fragment": "1" } });
    if (response.redirected || !response.headers.get("content-type")?.includes("json")) return null;
    return response.json();
  };

  function remember(root) {
    for (const node of root.querySelectorAll("[data-live] > [data-key]")) sources.set(node, node.outerHTML);
  }

  /** Shows a page of the CRM; pages it cannot show alone are loaded whole. */
  async function navigate(href, { push = true } = {}) {
    asked += 1;
    const mine = asked;
    const next = await fetchPage(href);
    if (mine !== asked) return; // a later click won
    if (!next) {
      window.location.href = href;
      return;
    }
    if (push) history.pushState(null, "", href);
    document.title = next.title;
    const area = document.getElementById("work_area");
    area.innerHTML = next.html;
    shown = window.location.href;
    remember(area);
    showPage({ title: next.title, area: next.area, card: next.card });
    for (const link of document.querySelectorAll("#nav_menu a")) {
      if (window.location.pathname.startsWith(link.getAttribute("href"))) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    area.focus({ preventScroll: true });
    $(document).trigger("page:changed");
  }

  /** Brings the live parts up to date, touching only what has changed. */
  async function refresh() {
    const href = shown;
    const next = await fetchPage(href);
    if (!next || href !== shown) return;
    const fresh = new DOMParser().parseFromString(next.html, "text/html");
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const old = document.querySelector(`#work_area [data-live="${part.dataset.live}"]`);
      if (old) patch(old, part);
    }
    showPage({ title: next.title, area: page.area, card: next.card });
  }

  function patch(old, part) {
    const kept = new Map([...old.children].map((node) => [node.dataset.key, node]));
    const nodes = [...part.children].map((node) => {
      const source = node.outerHTML;
      const same = kept.get(node.dataset.key);
      if (same && sources.get(same) === source) return same;
      const added = document.importNode(node, true);
      sources.set(added, source);
      return added;
    });
    const wanted = new Set(nodes);
    for (const node of [...old.children]) if (!wanted.has(node)) node.remove();
    // Nodes that are where they belong are not moved: moving a playing <audio> would stop it.
    nodes.forEach((node, index) => {
      if (old.children[index] !== node) old.insertBefore(node, old.children[index] ?? null);
    });
  }

  $(document).on("click", "a.js-navigate-link", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    void navigate(event.currentTarget.getAttribute("href"));
  });
  window.addEventListener("popstate", () => void navigate(window.location.href, { push: false }));
  remember(document.getElementById("work_area"));
  return { navigate, refresh };
});
