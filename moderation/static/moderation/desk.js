/* The desk from the keys. Every page works without this; it saves the reloads and brings the next card at once. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const token = () => $("#token input")?.value || "";
  const headers = { "HX-Request": "true", "X-Requested-With": "desk" };
  const list = $(".list[data-queue]");
  const cards = new Map(); // comment id → promise of the card's HTML
  const AHEAD = 5;
  let since = 0; // when "g" or "r" was pressed
  let prefix = "";
  let stay = 0;
  let sends = Promise.resolve(); // what is on its way; u waits for it, or it would take back the wrong thing

  /* --- rows ------------------------------------------------------------------------------------ */
  const rows = () => $$("#rows .row[data-id]");
  const here = () => $("#rows .row.here");
  const open = (row) => !row.classList.contains("gone") && !row.classList.contains("sending");
  const link = (row) => $("a", row);

  const fetchCard = (row) => {
    const id = row.dataset.id;
    if (!cards.has(id)) {
      const answer = fetch(link(row).href, { headers }).then((r) => {
        if (r.status === 401) location.reload();
        if (!r.ok && r.status !== 403) throw new Error(r.status);
        return r.text();
      });
      answer.catch(() => cards.delete(id));
      cards.set(id, answer);
    }
    return cards.get(id);
  };

  const ahead = (row) => {
    const all = rows();
    const at = all.indexOf(row);
    all.slice(at + 1).filter(open).slice(0, AHEAD).forEach(fetchCard);
  };

  /* What is typed on a card or in the drawer outlasts it, in this tab, until it is sent. */
  const TYPED = "parley-typed ";
  const about = (part) => {
    const card = part.closest("[data-card]"), reader = part.closest("[data-reader-id]");
    return card ? `${TYPED}card-${card.dataset.card} ` : reader ? `${TYPED}reader-${reader.dataset.readerId} ` : "";
  };
  const typedAs = (box) => about(box) && `${about(box)}${box.form.getAttribute("action")} ${box.name}`;
  const boxes = (part) => $$("textarea", part).filter((box) => box.form && about(box));
  const keep = (box) => {
    if (box.value) sessionStorage.setItem(typedAs(box), box.value); else sessionStorage.removeItem(typedAs(box));
  };
  const forget = (form) => boxes(form).forEach((box) => sessionStorage.removeItem(typedAs(box)));
  const giveBack = (part) => {
    const there = boxes(part);
    there.forEach((box) => {
      const words = sessionStorage.getItem(typedAs(box));
      if (!words || box.value) return;
      box.value = words;
      const notes = box.closest("details.notes");
      if (notes) notes.open = true; // no key of a note does anything at once
    });
    const holder = $("[data-card], [data-reader-id]", part);
    if (!holder) return;
    const known = new Set(there.map(typedAs)); // what was answered, or taken away, has no field any more
    Object.keys(sessionStorage).filter((key) => key.startsWith(about(holder)) && !known.has(key)).forEach((key) => sessionStorage.removeItem(key));
  };

  /* What came in tells its times as the rest of the page does. */
  const shown = (node) => node.dispatchEvent(new CustomEvent("parley:shown", { bubbles: true }));

  const put = (html) => {
    const card = $("#card");
    if (!card) { location.reload(); return; } // a page without cards: what was done shows on it once it is loaded anew
    const held = card.contains(document.activeElement) || document.activeElement === document.body;
    card.inert = false;
    card.innerHTML = html;
    lastFrom(card);
    window.htmx?.process(card);
    shown(card);
    giveBack(card);
    $("#cardpane").scrollTop = 0;
    if (held) $("#cardpane").focus({ preventScroll: true }); // or who goes by Tab starts at the top of the page again
    settle();
  };

  /* Colleagues see who is looking at what: not for cards leafed past, and again before it would end. */
  const lookAt = (row) => {
    clearTimeout(stay);
    const tell = () => {
      if (here() !== row) return;
      if (!document.hidden) post(`/desk/comments/${row.dataset.id}/lease/`).catch(() => {});
      stay = setTimeout(tell, 120000);
    };
    stay = setTimeout(tell, 400);
  };

  const show = async (row, { history = true } = {}) => {
    if (!row) return;
    here()?.classList.remove("here");
    $$("#rows a[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
    row.classList.add("here");
    link(row).setAttribute("aria-current", "true");
    row.scrollIntoView({ block: "nearest" });
    $("main").classList.remove("peek");
    $("#card").inert = true; // no key decides on the card before while this one is on its way
    try {
      const html = await fetchCard(row);
      if (here() !== row) return;
      put(html);
      if (history) window.history.replaceState(null, "", link(row).href);
      lookAt(row);
    } catch {
      say("The card could not be fetched. Is the network there? Try again with j or k.");
    }
    ahead(row);
    if (rows().at(-1) === row || rows().slice(-5).includes(row)) more();
  };

  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(here());
    show(all[Math.min(all.length - 1, Math.max(0, at + by))]);
  };

  const after = (row) => {
    const all = rows();
    const at = all.indexOf(row);
    return all.slice(at + 1).find(open) || all.slice(0, at).reverse().find(open) || null;
  };

  const more = async () => {
    const last = $(".rows-more a");
    if (!last || last.dataset.busy) return;
    last.dataset.busy = "1";
    try {
      const answer = await fetch(last.href, { headers });
      if (!answer.ok) throw new Error(answer.status);
      const holder = document.createElement("ol");
      holder.innerHTML = await answer.text();
      const known = new Set(rows().map((row) => row.dataset.id));
      $$(".row[data-id]", holder).filter((row) => known.has(row.dataset.id)).forEach((row) => row.remove());
      last.parentElement.replaceWith(...holder.children);
    } catch { delete last.dataset.busy; }
  };

  /* --- acting ---------------------------------------------------------------------------------- */
  const post = (url, body = new FormData()) => {
    body.set("csrfmiddlewaretoken", token());
    return fetch(url, { method: "POST", headers: { ...headers, "X-CSRFToken": token() }, body });
  };

  /* Answers may arrive in another order than their questions were sent: a turn is a decision's place in that order. */
  let hide = 0, turns = 0, told = 0;
  const last = (html, turn = Infinity) => {
    const holder = $("#last");
    const newer = $$(".last.error", holder).find((box) => Number(box.dataset.turn) > turn);
    holder.innerHTML = html;
    const pause = $("[data-pause]", holder);
    if (pause && $("#pause")) $("#pause").replaceChildren(pause); // it outlasts the next decisions
    const shown = $(".last.fresh", holder);
    if (newer) { shown?.classList.remove("fresh"); holder.append(newer); return; } // what went wrong since stays in view
    if (!shown) return;
    clearTimeout(hide);
    hide = setTimeout(() => shown.classList.remove("fresh"), 10000);
  };
  const lastFrom = (part) => { // an answer may bring along what the next undo takes back
    const holder = $("[data-last-holder]", part);
    const told = holder ? $(".last", holder.content) : $(".results ~ .last", part);
    if (told) last(told.outerHTML);
    (holder || told)?.remove();
  };
  const say = (words, turn = 0) => {
    const box = document.createElement("div");
    box.className = "last fresh error";
    box.dataset.turn = turn;
    const p = document.createElement("p");
    p.textContent = words;
    box.append(p);
    box.setAttribute("role", "alert");
    $$(".last.error").forEach((earlier) => earlier.remove());
    $("#last .last")?.classList.remove("fresh"); // out of view, yet u still finds it
    ($("#drawer")?.open ? $("#drawer") : $("#last")).append(box); // what is under a dialog is not seen
    setTimeout(() => box.remove(), 10000);
  };

  const whyNot = (html) => { // the desk's own words; of a whole page of errors nothing
    const told = document.createElement("div");
    told.innerHTML = html;
    return $(".conflict", told)?.textContent.trim() || "";
  };

  const mark = (row, state, words) => {
    if (!row) return;
    row.classList.remove("sending", "to-published", "to-rejected");
    row.classList.toggle("gone", Boolean(state));
    if (state) {
      row.classList.add(`to-${state}`);
      row.dataset.why ??= $(".why", row).textContent;
      $(".why", row).textContent = words;
    } else if (row.dataset.why) {
      $(".why", row).textContent = row.dataset.why;
    }
    const box = $("input", row);
    box.checked = false;
    box.disabled = Boolean(state);
    count();
  };

  const wordsOf = (button) => [...(button?.childNodes || [])]
    .filter((node) => node.nodeName !== "KBD").map((node) => node.textContent).join("").trim() || "✓";

  const unsent = (row) => { row?.classList.remove("sending"); if (!row) $("#card").inert = false; };

  const decide = async (form, submitter) => {
    const turn = ++turns;
    const card = form.closest("[data-card]");
    const row = $(`#rows .row[data-id="${card.dataset.card}"]`);
    const body = new FormData(form, submitter);
    row?.classList.add("sending");
    cards.delete(card.dataset.card);
    const next = row && after(row);
    if (next) show(next); else if (row) emptied(); else $("#card").inert = true; // a card that came from elsewhere
    try {
      const answer = await post(form.getAttribute("action"), body);
      const html = await answer.text();
      if (answer.ok) {
        forget(form);
        const rejected = form.dataset.decide === "reject";
        mark(row, rejected ? "rejected" : "published", form.dataset.done || wordsOf(submitter));
        if (turn > told) { told = turn; last(html, turn); }
        if (!row) { const first = rows().find(open); if (first) show(first); else emptied(); }
        live();
      } else if (answer.status === 409) {
        const page = document.createElement("div");
        page.innerHTML = html;
        const conflict = $("[data-conflict]", page);
        mark(row, conflict?.dataset.state || "held", conflict?.dataset.label || "");
        if (!row || here() === row || !next) put(html);
        else { lastFrom(page); say(conflict ? $("p", conflict).textContent.trim() : "", turn); }
      } else {
        unsent(row);
        say(whyNot(html) || `Not saved (${answer.status}). The comment is where it was; try again.`, turn);
      }
    } catch {
      unsent(row);
      say("Not saved: the network did not answer. The comment is where it was; try again.", turn);
    }
  };

  const emptied = () => {
    $("#card").inert = false;
    $("#card").innerHTML = `<p class="nothing">${list?.dataset.empty || "✓"}</p>`;
  };

  const undo = async (form) => {
    const answer = await post(form.getAttribute("action"), new FormData(form)).catch(() => null);
    if (!answer) return say("Not undone: the network did not answer. Try again.");
    const html = await answer.text();
    if (answer.status === 409) return put(html);
    if (!answer.ok) return say(whyNot(html) || `This cannot be undone (${answer.status}).`);
    const told = document.createElement("div");
    told.innerHTML = html;
    if ($(".results", told)) {
      $$('[data-result][data-done="1"]', told).forEach((item) => back(item.dataset.result));
      put(html);
    } else {
      last(html);
      const id = $("[data-comment]", told)?.dataset.comment;
      if (id) { back(id); show($(`#rows .row[data-id="${id}"]`)); }
    }
    live();
  };

  const inLine = (work) => { sends = Promise.allSettled([sends, work]); };
  const takeBack = (find) => {
    sends = sends.catch(() => {}).then(() => { const form = find(); return form ? undo(form) : say("There is nothing to undo."); });
  };

  const back = (id) => {
    cards.delete(id);
    const row = $(`#rows .row[data-id="${id}"]`);
    if (!row) return;
    row.dataset.version = String(Number(row.dataset.version) + 2); // there and back
    $("input", row).value = `${id}:${row.dataset.version}`;
    mark(row, "");
  };

  /* --- many --------------------------------------------------------------------------------------- */
  const picked = () => $$("#rows .choose input:checked");
  const count = () => { const box = $("[data-selected]"); if (box) box.textContent = picked().length || ""; };
  const bulk = async (form, submitter) => {
    const batch = form.elements.batch;
    batch.value ||= crypto.randomUUID ? crypto.randomUUID() : "";
    const body = new FormData(form, submitter);
    const answer = await post(form.getAttribute("action"), body).catch(() => null);
    if (!answer) return say("Not saved: the network did not answer. Send it again; nothing is done twice.");
    const html = await answer.text();
    if (!answer.ok) { put(html); return; }
    batch.value = "";
    const told = document.createElement("div");
    told.innerHTML = html;
    const approve = submitter?.value === "approve";
    $$("[data-result]", told).forEach((item) => {
      const row = $(`#rows .row[data-id="${item.dataset.result}"]`);
      cards.delete(item.dataset.result);
      if (row && item.dataset.done === "1") mark(row, approve ? "published" : "rejected", approve ? "✓" : "✗");
      else if (row) $("input", row).checked = false; // whether somebody was first, live() finds out
    });
    put(html);
    count();
    live();
  };

  const revive = (row, version) => { // decided by somebody and taken back, or judged again and held again
    if (row.classList.contains("sending")) return;
    const id = row.dataset.id;
    cards.delete(id);
    row.dataset.version = version;
    $("input", row).value = `${id}:${version}`;
    if (row.classList.contains("gone")) mark(row, "");
    const typing = $$("#card textarea").some((box) => box.value);
    if (here() === row && !typing && $(`#card [data-card="${id}"]`)) show(row, { history: false });
  };

  /* --- what others do ------------------------------------------------------------------------------- */
  const standing = (row) => `${row.dataset.version} ${row.className.replace(/ ?\bhere\b/, "")}`;
  const live = async () => {
    if (!list || document.hidden) return;
    const all = rows().filter((row) => !row.classList.contains("sending"));
    const first = Math.max(0, Math.min(all.indexOf(here()) - 50, all.length - 100));
    const asked = new Map(all.slice(first, first + 100).map((row) => [row, standing(row)]));
    const ids = [...asked.keys()].map((row) => `${row.dataset.id}:${row.dataset.version}`);
    const answer = await fetch(`${list.dataset.live}?ids=${ids.join(",")}`, { headers }).catch(() => null);
    if (!answer?.ok) return;
    const news = await answer.json();
    for (const [name, n] of Object.entries(news.counts)) {
      const box = $(`[data-count="${name}"]`);
      if (box) box.textContent = n.toLocaleString("en");
    }
    for (const row of rows()) {
      const gone = asked.get(row) === standing(row) && news.gone[row.dataset.id]; // not what was so before it was decided or taken back here
      if (gone?.waits && row.classList.contains(`is-${gone.state}`)) revive(row, gone.version);
      else if (gone && open(row)) mark(row, gone.state, `${gone.label} · ${gone.who}`);
      const lease = $("[data-lease]", row);
      if (lease) lease.textContent = news.leases[row.dataset.id] || "";
    }
    const down = $("#down");
    if (down.innerHTML.trim() !== news.down) down.innerHTML = news.down; // said once, not every four seconds
    const done = !$(".rows-more") && rows().every((row) => row.classList.contains("gone"));
    const idle = $("#card > .nothing");
    if (done && idle && !$("a", idle) && !list.dataset.query && news.counts[list.dataset.queue] > 0) {
      const again = document.createElement("a");
      again.href = location.pathname.startsWith("/desk/queue/") ? location.href : $(`[data-g][aria-current]`).href;
      again.textContent = list.dataset.came;
      idle.replaceChildren(again);
    }
  };

  /* --- the card's own parts ------------------------------------------------------------------------ */
  const settle = () => {
    const holder = $("[data-spans]");
    if (!holder) return;
    const url = holder.dataset.spans;
    holder.removeAttribute("data-spans");
    post(url).then(async (answer) => {
      if (answer.status === 200 && holder.isConnected) holder.innerHTML = await answer.text();
    }).catch(() => {});
  };

  let stale = false; // a sanction may have moved the very comment on the card
  $("#drawer")?.addEventListener("close", () => {
    if (stale && here() && open(here())) show(here());
    stale = false;
  });
  const drawer = async (url, options, form) => {
    const answer = await fetch(url, options ?? { headers }).catch(() => null);
    if (!answer) return say("The network did not answer. Try again.");
    const html = await answer.text();
    if (!answer.ok) {
      const told = document.createElement("div");
      told.innerHTML = html;
      say(told.textContent.trim());
      return;
    }
    if (form) forget(form);
    $("#drawer-body").innerHTML = html;
    lastFrom($("#drawer-body"));
    shown($("#drawer-body"));
    giveBack($("#drawer-body"));
    if (options) { cards.clear(); stale = true; live(); }
    if (!$("#drawer").open) $("#drawer").showModal();
    $("#drawer").scrollTop = 0;
  };
  const ask = async (form) => {
    const answer = await post(form.getAttribute("action"), new FormData(form)).catch(() => null);
    const html = await answer?.text(); // read to its end, or the connection stays open
    if (!answer?.ok) return say((html && whyNot(html)) || "Not saved. Try again.");
    const row = here();
    forget(form);
    form.closest("details").open = false;
    if (row) { cards.delete(row.dataset.id); show(row); }
    live();
  };

  /* --- keys ----------------------------------------------------------------------------------------- */
  const press = (selector) => {
    const it = $(selector);
    if (it && !it.closest("[inert]")) it.click();
    return Boolean(it);
  };
  const onCard = (selector) => $(`#card:not([inert]) ${selector}`);
  const words = () => onCard("[data-answer] textarea");
  const refuse = () => {
    if (words()) { // an appeal: the refusal stands, and its author hears why
      if (words().value.trim()) press('#card [data-answer] button[value="upheld"]'); else words().focus();
      return;
    }
    const box = onCard("details.refuse");
    const why = onCard("[data-no-refusal]");
    if (why) say(why.textContent.trim());
    if (!box) return;
    box.open = true;
    box.scrollIntoView({ block: "nearest" });
    prefix = "r";
    since = Date.now();
  };
  const keys = {
    j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
    a: () => press('#card [data-answer] button[value="overturned"]') || press('#card form[data-decide="approve"] button'),
    r: refuse,
    u: () => takeBack(() => $("#last form[data-undo]")),
    t: () => press("#card [data-thread]"),
    s: () => press("#card [data-reader]"),
    e: () => { const box = onCard("details.escalate"); if (box) { box.open = true; $("textarea", box)?.focus(); } },
    w: () => words()?.focus(),
    n: () => { const box = onCard("details.notes"); if (box) { box.open = true; $("textarea", box)?.focus(); } },
    v: () => press("#unveil"),
    x: () => { const box = here() && $("input", here()); if (box && !box.disabled) { box.checked = !box.checked; count(); } },
    A: () => picked().length && press('#bulk button[value="approve"]'),
    R: () => picked().length && $("#bulk select")?.focus(),
    "/": () => { $("#find").focus(); $("#find").select(); },
    "?": () => $("#help").showModal(),
    g: () => { prefix = "g"; since = Date.now(); },
    Enter: () => { if (document.activeElement === document.body) show(here()); else return false; },
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      prefix = "";
      if (typing) { event.target.blur(); event.preventDefault(); return; } // a dialog stays: the next Esc closes it
      $$("#card details[open].refuse, #card details[open].escalate, #card details[open].notes").forEach((box) => { box.open = false; });
      if (picked().length) { picked().forEach((box) => { box.checked = false; }); count(); }
      return;
    }
    const form = event.target.form;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form?.matches("[data-ask], [data-note], [data-drawer]")) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    if (event.target.matches("#bulk select") && /^[1-9]$/.test(event.key)) {
      event.preventDefault();
      event.target.selectedIndex = Number(event.key) - 1;
      event.target.blur();
      press('#bulk button[value="reject"]');
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]") || !$("#letters")?.checked) return;
    if (prefix === "g" && Date.now() - since < 2000) {
      prefix = "";
      const go = $(`[data-g="${event.key}"]`);
      if (go) { event.preventDefault(); go.click(); }
      return;
    }
    if (event.key === "w" && onCard("details.refuse")?.open) {
      event.preventDefault();
      $("#card .own-words textarea").focus();
      return;
    }
    if (/^[1-9]$/.test(event.key) && $("#card details.refuse")?.open) {
      event.preventDefault();
      press(`#card [data-digit="${event.key}"]`);
      return;
    }
    if (event.key === "Enter" && event.target !== document.body) return;
    const act = keys[event.key];
    if (act && act() !== false) event.preventDefault();
  });

  const once = async (form, work) => { // a second press while the answer is on its way sends nothing
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    try { await work(); } finally { delete form.dataset.busy; }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-decide]") && form.closest("#card") && list) { event.preventDefault(); inLine(decide(form, event.submitter)); }
    else if (form.matches("[data-undo]") && list) { event.preventDefault(); takeBack(() => (form.isConnected ? form : null)); }
    else if (form.matches("[data-ask], [data-note]") && list) { event.preventDefault(); once(form, () => ask(form)); }
    else if (form.matches("[data-drawer]") && form.closest("#drawer")) {
      event.preventDefault();
      const body = new FormData(form, event.submitter);
      once(form, () => drawer(form.getAttribute("action"), { method: "POST", headers: { ...headers, "X-CSRFToken": token() }, body }, form));
    }
    else if (form.matches("#bulk")) { event.preventDefault(); inLine(bulk(form, event.submitter)); }
    else if (form.matches("[data-drawer]")) forget(form); // a reader's own page, which comes back with the same fields
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) return event.target.closest("[data-pause]").remove();
    if (event.target.closest("[data-help]")) return $("#help").showModal();
    const preset = event.target.closest("[data-preset]");
    if (preset) { const box = $("textarea", preset.closest("form")); box.value = preset.dataset.preset; keep(box); $(`[value="${preset.dataset.reason}"]`, preset.closest("form"))?.focus(); return; }
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const reader = event.target.closest("[data-reader], [data-drawer-link]");
    if (reader && (reader.matches("[data-reader]") || reader.closest("#drawer"))) { event.preventDefault(); drawer(reader.href); return; }
    if (event.target === $("#drawer")) { $("#drawer").close(); return; }
    const chosen = event.target.closest("#rows .row > a");
    if (chosen && matchMedia("(min-width: 60rem)").matches) { event.preventDefault(); show(chosen.parentElement); return; }
    if (event.target.closest("[data-more]")) { event.preventDefault(); more(); }
  });
  document.addEventListener("input", (event) => { if (event.target.matches("textarea") && event.target.form && about(event.target)) keep(event.target); });
  document.addEventListener("change", (event) => { if (event.target.matches(".choose input")) count(); });

  /* --- begin ---------------------------------------------------------------------------------------- */
  $$("[data-help]").forEach((button) => { button.hidden = false; });
  const letters = $("#letters"); // who dictates, or brushes the keys, can switch them off
  if (letters) {
    letters.checked = localStorage.getItem("parley-letters") !== "off";
    letters.addEventListener("change", () => localStorage.setItem("parley-letters", letters.checked ? "on" : "off"));
  }
  const fresh = $(".last.fresh");
  if (fresh) hide = setTimeout(() => fresh.classList.remove("fresh"), 10000);
  settle();
  giveBack(document);
  $(".queues [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  $$(".chart .scroll:has(.grid)").forEach((box) => { box.scrollLeft = box.scrollWidth; }); // the newest is on the right
  if (list) {
    if (here()) {
      here().scrollIntoView({ block: "nearest" });
      ahead(here());
      if ($("#card [data-card]")?.offsetParent) lookAt(here()); // narrow screens show the list first
    }
    setInterval(live, 4000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) live(); });
    count();
  }
})();
