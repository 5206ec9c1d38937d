// biome-ignore-all lint/suspicious/noConsole: console.debug is what amoCRM allows
/*
 * Kommutator's widget for amoCRM and Kommo. It puts the panel, a page of Kommutator's own origin, into a frame in the lower right
 * corner of the CRM, and does for it what only a script of the CRM's page can do: ask for the user's disposable token, hand over
 * clicks on phone numbers, open cards, say that a call is going on, feel the pointer at the edge of the window.
 * What the panel says is checked word by word and never executed. The messages are described in Kommutator's
 * web/panel/host-protocol.ts.
 */

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: an AMD module is one function
define(["jquery"], ($) => {
  const SERVICE_URL = "{{serviceUrl}}";
  /* Distance of the panel from the right and bottom edges of the window. */
  const INSET_PX = 12;
  const KEPT = "kommutator.shape";
  const WORDS = "kommutator.unsent-words";
  const LEAD = "kommutator.lead";
  /* The pointer is at the edge within this width, and means it after this time. */
  const EDGE_PX = 3;
  const EDGE_MS = 150;
  const LOOK_AROUND_MS = 500;
  /* A grant lives a quarter of an hour longer than its recording; one that is older than this is fetched anew. */
  const GRANT_FRESH_MS = 300000;
  /* What lies along the bottom of the window and is higher than this is no bar. */
  const HIGHEST_BAR_PX = 160;

  return function () {
    let panel = null;

    this.callbacks = {
      render: () => true,
      init: () => {
        if (panel === null) {
          panel = createPanel(this, serviceUrlOf(this));
        }
        this.add_action("phone", (data) => {
          panel.dial(data?.value);
        });
        return true;
      },
      bind_actions: () => true,
      settings: () => true,
      onSave: () => true,
      destroy: () => {
        if (panel !== null) {
          panel.remove();
          panel = null;
        }
      },
    };

    return this;
  };

  /* The address in the widget's settings, if the administrator wrote one, is stronger than the one of the archive. */
  function serviceUrlOf(widget) {
    let host = String(widget.get_settings().host || "").trim();
    if (host !== "" && !/^https?:\/\//i.test(host)) {
      host = `https://${host}`;
    }
    return (host || SERVICE_URL).replace(/\/+$/, "");
  }

  /* The frame with the panel, and everything that is said between the two. */
  function createPanel(widget, serviceUrl) {
    const origin = new URL(serviceUrl).origin;
    const { $root, $frame, $style } = createFrame(widget, serviceUrl, origin);
    const place = createPlace($root, $frame);
    const focus = createFocus($frame);
    let waiting = [];
    let told = "";
    let leads = false;

    /* Until the panel is ready, what it must hear is kept. */
    function post(message) {
      if (waiting) {
        waiting.push(message);
      } else {
        $frame[0].contentWindow.postMessage(message, origin);
      }
    }

    function tellPage() {
      const page = {
        type: "page",
        theme: document.documentElement.getAttribute("data-color-scheme") === "dark" ? "dark" : "light",
        width: window.innerWidth,
        height: window.innerHeight - place.raisedPx(),
        card: openCardPath(),
      };
      const text = JSON.stringify(page);
      if (!waiting && text !== told) {
        told = text;
        post(page);
      }
    }

    const answers = {
      ready: () => {
        const kept = waiting || [];
        waiting = null;
        told = "";
        tellShape(post);
        tellWords(post);
        tellPage();
        post({ type: "lead", value: leads });
        kept.forEach(post);
      },
      "need-ticket": () => fetchTicket(widget, serviceUrl, post),
      frame: (message) => place.take(message),
      open: (message) => openCard(message.path),
      keep: keepShape,
      "keep-words": keepWords,
      "in-call": (message) => tellCalling(message.value),
      pull: () => followPull($frame, post),
      "give-focus-back": () => focus.giveBack(),
    };

    const stops = [
      listen(window, "message", (event) => {
        const { data } = event;
        if (event.origin !== origin || event.source !== $frame[0].contentWindow || !data) {
          return;
        }
        if (Object.hasOwn(answers, data.type)) {
          answers[data.type](data);
        }
      }),
      followLead((value) => {
        leads = value;
        if (!waiting) {
          post({ type: "lead", value });
        }
      }),
      feelEdge(() => post({ type: "reveal" })),
      listen(document, "keydown", (event) => {
        const wanted = { KeyK: "focus-field", KeyJ: "focus-call" }[event.code];
        if (event.altKey && !event.ctrlKey && !event.metaKey && wanted) {
          event.preventDefault();
          focus.take();
          post({ type: wanted });
        }
      }),
      lookAround(() => {
        place.lookForBar();
        tellPage();
      }),
      openRecordings(widget, serviceUrl),
    ];

    return {
      dial: (value) => {
        const number = String(value ?? "").trim();
        if (number !== "") {
          post({ type: "dial", number });
        }
      },
      remove: () => {
        for (const stop of stops) {
          stop();
        }
        $root.remove();
        $style.remove();
      },
    };
  }

  function createFrame(widget, serviceUrl, origin) {
    const { path, version } = widget.get_settings();
    /* The CRM also speaks languages that the panel does not. */
    const page = window.APP?.lang_id === "ru" ? "" : "en.html";
    const $style = $('<link rel="stylesheet">').attr("href", `${path}/style.css?v=${version}`).appendTo("head");
    /* Its place and layer are set here, so that the panel stands right even before the stylesheet has come. */
    const $root = $('<div class="kommutator-panel">').css({
      position: "fixed",
      zIndex: 9000,
      width: 0,
      height: 0,
      pointerEvents: "none",
    });
    const $frame = $("<iframe>")
      .attr({
        src: `${serviceUrl}/panel/${page}?crm=${encodeURIComponent(window.location.origin)}`,
        title: widget.i18n("panel").title,
        allow: `clipboard-write ${origin}`,
        referrerpolicy: "origin",
      })
      .css({ border: 0, width: "100%", height: "100%", background: "transparent", pointerEvents: "auto" });
    $root.append($frame).appendTo("body");
    return { $root, $frame, $style };
  }

  function fetchTicket(widget, serviceUrl, post) {
    widget
      .$authorizedAjax({ url: `${serviceUrl}/panel/session`, method: "POST", dataType: "json" })
      .done((answer) => {
        const given = typeof answer?.ticket === "string";
        post(given ? { type: "ticket", ticket: answer.ticket } : { type: "ticket", failure: "unreachable" });
      })
      .fail((xhr) => {
        const refused = xhr?.status === 401 || xhr?.status === 403;
        post({ type: "ticket", failure: refused ? "not-allowed" : "unreachable" });
      });
  }

  /*
   * Recordings that only users of the CRM may hear. The CRM's player asks for the address of the link and sends nothing along, so the
   * address is given a grant for this user just before the CRM's own script reads it, and loses it right after.
   */
  function openRecordings(widget, serviceUrl) {
    const grants = new Map();
    let isRepeated = false;

    /* Settles with the grant; empty when there is none, and then the link says why. */
    function fetchGrant(href) {
      const link = new URL(href).pathname.split("/").pop();
      return new Promise((resolve) => {
        widget
          .$authorizedAjax({ url: `${serviceUrl}/recordings/grant`, method: "POST", dataType: "json", data: { link } })
          .done((answer) => resolve(typeof answer?.grant === "string" ? answer.grant : ""))
          .fail(() => resolve(""));
      });
    }

    /* What there is of a fresh grant: `value` is null while it is on its way. */
    function grantOf(href) {
      let grant = grants.get(href);
      if (grant === undefined || Date.now() - grant.at > GRANT_FRESH_MS) {
        grant = { at: Date.now(), value: null, coming: fetchGrant(href) };
        grants.set(href, grant);
        grant.coming.then((value) => {
          grant.value = value;
          if (value === "") {
            grants.delete(href);
          }
        });
      }
      return grant;
    }

    function findLink(event) {
      const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
      return link?.href.startsWith(`${serviceUrl}/recordings/`) && !link.href.includes("?") ? link : null;
    }

    function lend(link, grant) {
      const { href } = link;
      if (grant !== "") {
        link.href = `${href}?grant=${encodeURIComponent(grant)}`;
        window.setTimeout(() => {
          link.href = href;
        });
      }
    }

    const fetchAhead = (event) => {
      const link = findLink(event);
      if (link !== null) {
        grantOf(link.href);
      }
    };
    const stops = [
      listen(document, "mouseover", fetchAhead),
      listen(document, "focusin", fetchAhead),
      listen(document, "click", (event) => {
        const link = findLink(event);
        if (link === null || isRepeated) {
          return;
        }
        const grant = grantOf(link.href);
        if (grant.value !== null) {
          lend(link, grant.value);
          return;
        }
        /* The same click once more, when the grant is there. */
        event.preventDefault();
        event.stopImmediatePropagation();
        grant.coming.then((value) => {
          lend(link, value);
          isRepeated = true;
          link.dispatchEvent(new MouseEvent("click", event));
          isRepeated = false;
        });
      }),
    ];
    return () => {
      for (const stop of stops) {
        stop();
      }
    };
  }

  /* The card that the CRM shows: "/leads/detail/1"; null: it shows something else. */
  function openCardPath() {
    const match = /^\/(leads|contacts|companies)\/detail\/\d+(?=\/|$)/.exec(window.location.pathname);
    return match === null ? null : match[0];
  }

  /* Only pages of this CRM: "/contacts/detail/1", never "//elsewhere" or "javascript:…". */
  function openCard(path) {
    if (typeof path === "string" && /^\/[\w-]/.test(path)) {
      const $link = $('<a class="js-navigate-link">').attr("href", path).hide().appendTo("body");
      $link[0].click();
      $link.remove();
    }
  }

  /* The CRM does not reload its page for a release while a call lasts. */
  function tellCalling(value) {
    if (typeof value === "boolean" && window.APP?.sdk) {
      window.APP.sdk.setCallingStatus(value);
    }
  }

  /* A browser may refuse to keep anything; null erases. */
  function keepText(storage, key, text) {
    try {
      if (text === null) {
        window[storage].removeItem(key);
      } else {
        window[storage].setItem(key, text);
      }
    } catch (error) {
      console.debug(`kommutator: ${key} is not kept`, error);
    }
  }

  function keptText(storage, key) {
    try {
      return window[storage].getItem(key);
    } catch (error) {
      console.debug(`kommutator: ${key} was not kept`, error);
      return null;
    }
  }

  /* How the person left the panel, for the next page and the next morning. */
  function keepShape({ size, list, width }) {
    keepText("localStorage", KEPT, JSON.stringify({ size, list, width }));
  }

  function tellShape(post) {
    try {
      const { size, list, width } = JSON.parse(keptText("localStorage", KEPT) || "{}");
      if (size !== undefined) {
        post({ type: "kept", size, list, width });
      }
    } catch (error) {
      console.debug("kommutator: the panel's shape was not kept", error);
    }
  }

  /* Words that could not go yet, for the next page of this tab alone. */
  function keepWords({ words }) {
    if (words === null || typeof words === "string") {
      keepText("sessionStorage", WORDS, words);
    }
  }

  function tellWords(post) {
    const words = keptText("sessionStorage", WORDS);
    if (words !== null) {
      post({ type: "kept-words", words });
    }
  }

  /*
   * Several tabs, one that speaks up: the tab the person looked at last holds the lock; when it is closed, another one gets it.
   * Only pages under https have locks; without them every tab speaks for itself.
   */
  function followLead(changed) {
    const { locks } = window.navigator;
    if (!locks) {
      changed(true);
      return () => {};
    }
    let leads = false;
    let release = () => {};
    let queue = null;

    const hold = () => {
      leads = true;
      changed(true);
      return new Promise((resolve) => {
        release = resolve;
      });
    };
    const lose = (error) => {
      leads = false;
      changed(false);
      console.debug("kommutator: another tab leads", error.name);
      wait();
    };
    function wait() {
      queue = new AbortController();
      const { signal } = queue;
      locks.request(LEAD, { signal }, hold).catch((error) => {
        /* Either stolen by another tab, or given up by ourselves in order to steal. */
        if (!signal.aborted) {
          lose(error);
        }
      });
    }
    function take() {
      if (!leads && !document.hidden) {
        queue?.abort();
        locks.request(LEAD, { steal: true }, hold).catch(lose);
      }
    }

    const stop = listen(document, "visibilitychange", take);
    if (document.hidden) {
      wait();
    } else {
      take();
    }
    return () => {
      stop();
      queue?.abort();
      release();
    };
  }

  /* The cursor goes to the panel and comes back to where it was. */
  function createFocus($frame) {
    let before = null;
    return {
      take: () => {
        before = document.activeElement;
        $frame[0].contentWindow.focus();
      },
      giveBack: () => {
        window.focus();
        if (before && document.body.contains(before)) {
          before.focus();
        }
        before = null;
      },
    };
  }

  /* While the panel's edge is pulled, the pointer is the page's, over the frame too. */
  function followPull($frame, post) {
    const letGo = () => {
      for (const stop of stops) {
        stop();
      }
      $frame.css("pointer-events", "auto");
      post({ type: "let-go" });
    };
    const stops = [
      listen(window, "mousemove", (event) => {
        if (event.buttons === 0) {
          letGo();
        } else {
          post({ type: "pulled", screenX: event.screenX });
        }
      }),
      listen(window, "mouseup", letGo),
    ];
    $frame.css("pointer-events", "none");
  }

  /* Where the panel stands in the window. */
  function createPlace($root, $frame) {
    let frame = null;
    let raisedPx = 0;

    /* Between its parts the frame is cut out: what lies there belongs to the CRM, pointer and all. */
    function apply() {
      if (frame === null) {
        return;
      }
      $root.css({
        right: frame.edge ? 0 : INSET_PX - 1,
        bottom: INSET_PX - 1 + raisedPx,
        width: frame.width,
        height: frame.height,
      });
      $frame.css("clip-path", `path("${frame.parts.map(roundedRectangle).join(" ")}")`);
    }

    return {
      take: (message) => {
        if (isFrame(message)) {
          frame = message;
          apply();
        }
      },
      lookForBar: () => {
        const barPx = measureBar($root[0]);
        if (barPx !== raisedPx) {
          raisedPx = barPx;
          apply();
        }
      },
      raisedPx: () => raisedPx,
    };
  }

  function isFrame({ width, height, edge, parts }) {
    const isPx = (value) => Number.isFinite(value) && value >= 0 && value < 10000;
    return (
      isPx(width) &&
      isPx(height) &&
      typeof edge === "boolean" &&
      Array.isArray(parts) &&
      parts.every((part) => part && ["x", "y", "width", "height", "radius"].every((name) => isPx(part[name])))
    );
  }

  function roundedRectangle({ x, y, width, height, radius }) {
    const r = Math.min(radius, width / 2, height / 2);
    const across = width - 2 * r;
    const down = height - 2 * r;
    const corner = (dx, dy) => `a${r} ${r} 0 0 1 ${dx} ${dy}`;
    return [
      `M${x + r} ${y}`,
      `h${across}${corner(r, r)}`,
      `v${down}${corner(-r, r)}`,
      `h${-across}${corner(-r, -r)}`,
      `v${-down}${corner(r, -r)}z`,
    ].join("");
  }

  /*
   * Height of what the CRM has laid along the bottom of the window (the bar with "Save"), as far as it would be covered. It is known
   * by its place alone: fixed, at the bottom, wider than half of the window. The CRM's own class names are not relied on.
   */
  function measureBar(own) {
    const isBar = (node) => {
      const { position } = window.getComputedStyle(node);
      const box = node.getBoundingClientRect();
      return (
        (position === "fixed" || position === "sticky") &&
        box.bottom >= window.innerHeight - 2 &&
        box.width > window.innerWidth / 2 &&
        box.height <= HIGHEST_BAR_PX
      );
    };
    const bars = document
      .elementsFromPoint(window.innerWidth - 200, window.innerHeight - 2)
      .filter((element) => !own.contains(element) && isBar(element))
      .map((bar) => window.innerHeight - bar.getBoundingClientRect().top);
    return Math.round(Math.max(0, ...bars));
  }

  /* The CRM's page tells nobody that its bar, its theme or its size has changed: it is looked at. */
  function lookAround(act) {
    const timer = window.setInterval(() => {
      if (!document.hidden) {
        act();
      }
    }, LOOK_AROUND_MS);
    const stop = listen(window, "resize", act);
    return () => {
      window.clearInterval(timer);
      stop();
    };
  }

  function feelEdge(reached) {
    let timer = null;
    const leave = () => {
      window.clearTimeout(timer);
      timer = null;
    };
    const stops = [
      listen(document, "mousemove", (event) => {
        /* A pressed button is a scrollbar being pulled. */
        const there = event.clientX >= window.innerWidth - EDGE_PX && event.buttons === 0;
        if (!there) {
          leave();
        } else if (timer === null) {
          timer = window.setTimeout(reached, EDGE_MS);
        }
      }),
      listen(document.documentElement, "mouseleave", leave),
      leave,
    ];
    return () => {
      for (const stop of stops) {
        stop();
      }
    };
  }

  function listen(target, type, act) {
    target.addEventListener(type, act, true);
    return () => target.removeEventListener(type, act, true);
  }
});
