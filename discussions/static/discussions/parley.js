/* Parley's reading side. Everything works without this file; here is what is nicer with it. */
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const language = root.lang || "en";
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const words = document.body ? { ...document.body.dataset } : {};

  /* Times: relative words in the reader's language; the full time in their zone, with its name, on hover. */
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const full = new Intl.DateTimeFormat(language, {
    weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short",
  });
  const short = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
  const steps = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [86400 * 7, "day", 86400]];
  function tellTime(node, onPaper = false) {
    const at = new Date(node.dateTime);
    if (Number.isNaN(at.valueOf())) return;
    const age = (Date.now() - at) / 1000;
    node.title = full.format(at);
    if (onPaper) { node.textContent = node.title; return; }
    const step = steps.find(([most]) => age < most);
    if (age < 45) node.textContent = relative.format(0, "second");
    else node.textContent = step ? relative.format(-Math.max(1, Math.round(age / step[2])), step[1]) : short.format(at);
  }

  /* The hairline folds its branch. */
  function addFold(item) {
    if (item.querySelector(":scope > .fold") || item.classList.contains("own")) return;
    const name = item.querySelector(":scope > article :is(.n, .gone)");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "fold";
    button.setAttribute("aria-expanded", "true");
    button.setAttribute("aria-label", `${words.fold || "Fold"}: ${name ? name.textContent : ""}`);
    item.prepend(button);
  }
  function fold(button) {
    const item = button.closest(".c");
    const folded = item.classList.toggle("folded");
    button.setAttribute("aria-expanded", String(!folded));
    const head = item.querySelector(":scope > article > :is(.by, .gone)");
    if (head) head.dataset.folded = String(item.querySelectorAll(".c").length + 1);
  }

  /* Drafts of comments and reports stay on this device until they are posted. */
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { if (value) localStorage.setItem(key, value); else localStorage.removeItem(key); } catch { /* private mode */ } },
  };
  const keysOf = (begun) => {
    const begins = `parley-draft-${begun}`;
    try { return Object.keys(localStorage).filter((key) => (begun.endsWith("-") ? key.startsWith(begins) : key === begins)).sort(); } catch { return []; }
  };
  const draftKey = (form) => `parley-draft-${form.dataset.draft}`;
  function prepareForm(form) {
    const area = form.querySelector("textarea");
    if (!area || form.dataset.ready) return;
    form.dataset.ready = "1";
    const kept = form.dataset.draft && store.get(draftKey(form));
    if (kept && !area.matches("[aria-invalid]")) area.value = kept;
    countLetters(form);
  }
  /* Where nothing can be written any more, what was begun is shown to be copied. */
  function showBegun(place) {
    if (place.dataset.ready) return;
    place.dataset.ready = "1";
    keysOf(place.dataset.begun).forEach((key) => {
      const area = document.createElement("textarea");
      area.className = "typed";
      area.dir = "auto";
      area.readOnly = true;
      area.value = store.get(key);
      area.setAttribute("aria-label", place.dataset.name);
      const button = document.createElement("button");
      button.className = "button quiet";
      button.type = "button";
      button.textContent = place.dataset.discard;
      button.addEventListener("click", () => {
        store.set(key, "");
        area.remove();
        button.remove();
        place.hidden = !place.querySelector("textarea");
      });
      place.append(area, button);
      place.hidden = false;
    });
  }
  function countLetters(form) {
    const area = form.querySelector("textarea");
    const count = form.querySelector(".count[data-most]");
    if (!area || !count) return;
    const most = Number(count.dataset.most);
    const length = [...area.value].length;
    count.textContent = length > most * 0.8 ? `${length} / ${most}` : "";
    count.classList.toggle("over", length > most);
  }

  function prepare(from) {
    all("time", from).forEach((node) => tellTime(node));
    all(".thread .c", from).forEach(addFold);
    if (from.matches && from.matches(".c")) addFold(from);
    if (window.htmx) [from, ...all(".own.pending[data-revision]", from)].filter(isChecked).forEach(askAfter);
    all("form.write, form[data-draft]", from).forEach(prepareForm);
    all(".begun", from.parentElement || from).forEach(showBegun);
    if (from.matches && from.matches("form.write, form[data-draft]")) prepareForm(from);
  }

  async function vote(button) {
    if (button.getAttribute("aria-busy")) return; /* disabled, it would lose the focus */
    const token = document.querySelector("#act input[name=csrfmiddlewaretoken]");
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(button.getAttribute("formaction"), {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": token ? token.value : "" },
      });
      const body = await answer.json();
      if (answer.ok) {
        button.setAttribute("aria-pressed", String(body.voted));
        let count = button.querySelector("b");
        if (!count) { count = document.createElement("b"); button.append(" ", count); }
        count.textContent = body.votes || "";
      } else {
        if (body.token) freshen(body.token);
        say(button, body.error, body.html);
      }
    } catch { say(button, words.offline || "The site does not answer. Try again in a moment."); }
    button.removeAttribute("aria-busy");
  }
  function freshen(token) {
    all("input[name=csrfmiddlewaretoken]").forEach((input) => { input.value = token; });
  }
  function say(near, text, html) {
    const place = near.closest(".acts, .more");
    const inside = place.matches(".more");
    let note = (inside ? place : place.parentElement).querySelector(":scope > .said");
    if (!note) {
      note = document.createElement("span");
      note.className = "notice said";
      note.setAttribute("role", "status");
      if (inside) place.append(note); else place.after(note);
    }
    if (html) note.innerHTML = html; else note.textContent = text;
  }

  /* What a link leads to, put into a place of this page. When the site answers with an error, its own page says which;
     when it does not answer, that is said here. Tells whether anything came. */
  async function fetchInto(place, swap, link) {
    let answer = {};
    const note = ({ detail }) => { if (detail.target === place) answer = detail; };
    document.addEventListener("htmx:afterRequest", note);
    try { await htmx.ajax("GET", link.getAttribute("href"), { target: place, swap }); } catch { /* said below */ }
    document.removeEventListener("htmx:afterRequest", note);
    if (answer.successful) return true;
    if (answer.xhr && answer.xhr.status) location.assign(link.href); else say(link, words.offline);
    return false;
  }

  /* Forms to answer, edit and report open in place. */
  function openHere(link) {
    const article = link.closest("article");
    const open = article.querySelector(":scope > .slot");
    if (open && open.dataset.for === link.href) { open.remove(); link.setAttribute("aria-expanded", "false"); return; }
    if (open) open.remove();
    all(".acts a[aria-expanded=true]", article).forEach((other) => other.setAttribute("aria-expanded", "false"));
    const slot = document.createElement("div");
    slot.className = "slot";
    slot.dataset.for = link.href;
    link.closest(".acts").after(slot);
    link.setAttribute("aria-expanded", "true");
    fetchInto(slot, "innerHTML", link).then((came) => {
      if (!came) { slot.remove(); link.setAttribute("aria-expanded", "false"); return; }
      const field = slot.querySelector("textarea, input:not([type=hidden])");
      if (field) field.focus();
    });
  }
  /* An answer just posted leaves the slot for the branch it belongs to, where opening and closing forms leaves it alone. */
  function intoBranch(list) {
    const slot = list.closest(".slot");
    const branch = slot && slot.closest("li.c");
    if (!branch) return;
    let answers = branch.querySelector(":scope > .r");
    if (answers) answers.prepend(...list.children);
    else { slot.parentElement.after(list); answers = list; }
    all(".acts a[aria-expanded=true]", slot.parentElement).forEach((link) => link.setAttribute("aria-expanded", "false"));
    slot.remove();
    if (document.activeElement === document.body) answers.querySelector(".c").focus();
  }
  /* What is put in a comment's place takes over the answers below it, and a form that stands open in it, unless it is
     that form's own answer. */
  const branches = new Map();
  function keepBranch(item, asked) {
    const below = all(":scope > .r, :scope > .more", item);
    const slot = asked === item ? item.querySelector(":scope > article > .slot") : null;
    const focus = slot && slot.contains(document.activeElement) ? document.activeElement : null;
    [...below, ...(slot ? [slot] : [])].forEach((part) => part.remove());
    branches.set(item.id, { below, slot, focus });
  }
  function giveBranchBack(item) {
    const { below = [], slot, focus } = branches.get(item.id) || {};
    branches.delete(item.id);
    item.append(...below);
    if (!slot) return;
    const acts = item.querySelector(":scope > article > .acts");
    acts.after(slot);
    all("a", acts).forEach((link) => { if (link.href === slot.dataset.for) link.setAttribute("aria-expanded", "true"); });
    if (focus) focus.focus({ preventScroll: true });
  }
  function showMore(link) {
    const place = link.closest(".more");
    const branch = place.matches("li") ? place.parentElement : place.closest(".c");
    let list = place.matches("li") ? branch : branch.querySelector(":scope > .r");
    if (!list) {
      list = document.createElement("ol");
      list.className = "r";
      place.before(list);
    }
    const known = list.children.length;
    fetchInto(list, "beforeend", link).then((came) => {
      if (!came) { if (!list.childElementCount) list.remove(); return; }
      place.remove();
      const first = list.children[known - (list.contains(place) ? 1 : 0)] || list.lastElementChild;
      dropRepeats(list);
      all(".own[id]", list).forEach((item) => { all(`#mine > #${item.id}`).forEach((other) => other.remove()); });
      if (first) { first.tabIndex = -1; first.focus({ preventScroll: true }); }
    });
  }
  function dropRepeats(list) {
    const seen = new Set();
    all(":scope > .c[id]", list).forEach((item) => { if (seen.has(item.id)) item.remove(); else seen.add(item.id); });
  }

  /* What one chooses under "Follow" is told where one is; whatever else comes of it has a page of its own. */
  async function follow(button) {
    const choices = button.closest(".follow");
    const said = choices.nextElementSibling;
    const token = document.querySelector("#act input[name=csrfmiddlewaretoken]");
    const sent = new URLSearchParams({ [button.name]: button.value, csrfmiddlewaretoken: token ? token.value : "" });
    let answer = null;
    try {
      answer = await fetch(button.getAttribute("formaction"), { method: "POST", headers: { "HX-Request": "true" }, body: sent });
    } catch { said.textContent = words.offline || "The site does not answer. Try again in a moment."; return; }
    if (!answer.ok) { document.getElementById("act").requestSubmit(button); return; }
    const came = new DOMParser().parseFromString(await answer.text(), "text/html");
    const made = came.querySelector(".follow");
    choices.replaceWith(made);
    said.textContent = came.querySelector(".follow-said").textContent;
    made.querySelector("summary").focus({ preventScroll: true });
  }

  /* The choices of "Follow" close when one turns to something else. */
  document.addEventListener("click", (event) => {
    all("details.follow[open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const target = event.target.closest(".fold, .acts .v, .acts a.in, .more a[href*='/replies/'], .follow .choices button");
    const head = event.target.closest("a") ? null : event.target.closest(".folded > article > :is(.by, .gone)");
    if (head) { fold(head.closest(".c").querySelector(":scope > .fold")); return; }
    if (!target) return;
    if (target.matches(".fold")) { fold(target); return; }
    if (target.matches(".v")) { event.preventDefault(); vote(target); return; }
    if (target.matches(".follow button")) { event.preventDefault(); follow(target); return; }
    if (!window.htmx) return;
    event.preventDefault();
    if (target.matches("a.in")) openHere(target); else showMore(target);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form.write, form[data-draft]");
    if (!form || !event.target.matches("textarea")) return;
    if (form.dataset.draft) store.set(draftKey(form), event.target.value);
    countLetters(form);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("form.write textarea")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    if (event.key === "Escape") {
      const choices = event.target.closest("details.follow[open]");
      if (choices) { choices.open = false; choices.querySelector("summary").focus(); return; }
      const slot = event.target.closest(".slot");
      if (!slot) return;
      const link = all(".acts a[aria-expanded=true]", slot.parentElement)[0];
      slot.remove();
      if (link) { link.setAttribute("aria-expanded", "false"); link.focus(); }
    }
  });
  /* What the server would turn away unread is not sent: the words stay in the form. */
  const mostBytes = Number(words.mostBytes) || Infinity;
  const room = 4096; /* for the form's other fields */
  function isTooMuch(form) {
    const area = form.querySelector("textarea");
    return area && new URLSearchParams({ text: area.value }).toString().length + room > mostBytes;
  }
  document.addEventListener("submit", (event) => {
    if (!isTooMuch(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sayWrong(event.target, words.tooMuch);
  }, true);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.draft && !(window.htmx && form.matches("[hx-post]"))) store.set(draftKey(form), "");
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.requestConfig && event.detail.requestConfig.elt;
    const posted = form && form.matches && form.matches("form[data-draft]") && event.detail.xhr.status < 300;
    if (posted) store.set(draftKey(form), "");
  });
  /* Where a form was, its answer is: the focus goes to what is wrong with it, or to what it has become. */
  document.addEventListener("htmx:afterSettle", (event) => {
    const { requestConfig } = event.detail;
    if (!requestConfig || requestConfig.verb !== "post" || !requestConfig.elt.matches("form")) return;
    if (document.activeElement !== document.body) return;
    const made = event.target;
    const field = made.querySelector("[aria-invalid=true], .field:has(.error) :is(input, textarea)");
    const place = field || (made.matches("form.write") ? document.querySelector("#mine > .c") : made.querySelector(".c")) || made;
    if (!field) place.tabIndex = -1;
    place.focus();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches || !form.matches("form.write, form[data-draft]") || event.detail.successful) return;
    const status = event.detail.xhr ? event.detail.xhr.status : 0;
    if ([409, 422, 429].includes(status) || (status && event.detail.xhr.getResponseHeader("Parley-Form"))) return;
    if (status === 403) sayWrong(form, words.expired || "This form is too old. Reload the page; your words are kept.");
    else if (status === 413) sayWrong(form, words.tooMuch);
    else sayWrong(form, words.offline || "The site does not answer. Your words are kept; try again in a moment.");
  });
  function sayWrong(form, text) {
    let wrong = form.querySelector(".wrong:not(.nudge)");
    if (!wrong) { wrong = document.createElement("p"); wrong.className = form.matches(".write") ? "wrong" : "wrong notice refuse"; wrong.setAttribute("role", "alert"); form.prepend(wrong); }
    wrong.textContent = text;
  }
  /* A form that the server gives back as it was filled in takes that form's place, whatever else it would have become. */
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const form = detail.requestConfig && detail.requestConfig.elt;
    if (form && form.matches("form") && detail.xhr.getResponseHeader("Parley-Form")) {
      detail.shouldSwap = true;
      detail.target = form;
    }
    if (detail.shouldSwap && detail.target.matches("li.c[id]")) keepBranch(detail.target, form);
  });
  document.addEventListener("htmx:load", ({ detail: { elt } }) => {
    if (elt.matches("li.c[id]")) giveBranchBack(elt);
    const token = elt.querySelector("input[name=csrfmiddlewaretoken]");
    if (token) freshen(token.value);
    prepare(elt);
    if (elt.matches("ol.r.new")) intoBranch(elt);
  });

  /* One's own comment is asked after while it is being checked: soon at first, then at growing pauses, whether the site
     answers or not, for about half an hour. Who looks at something else costs nothing, and is told on coming back. */
  const PAUSES = { first: 1500, growth: 1.3, longest: 30000, times: 65 };
  const asking = new Map();
  function askAfter(item) {
    const key = `${item.id}-${item.dataset.revision}`;
    const turn = asking.get(key) || { pause: PAUSES.first, left: PAUSES.times, waits: 0 };
    asking.set(key, turn);
    clearTimeout(turn.waits);
    if (turn.left-- <= 0) { tellLater(item); return; }
    turn.waits = setTimeout(() => askNow(item), turn.pause);
    turn.pause = Math.min(turn.pause * PAUSES.growth, PAUSES.longest);
  }
  function askNow(item) {
    if (item.isConnected && !document.hidden) htmx.trigger(item, "ask"); /* hidden: asked again once it is looked at */
  }
  function tellLater(item) {
    const state = item.querySelector(".state");
    if (state && words.later) state.textContent = words.later;
  }
  const isChecked = (item) => item.matches && item.matches(".own.pending[data-revision]");
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!isChecked(detail.elt) || detail.requestConfig.verb !== "get" || detail.successful) return;
    const status = detail.xhr ? detail.xhr.status : 0;
    if (![403, 404].includes(status)) askAfter(detail.elt);
  });
  /* What is swapped under somebody's focus keeps it as a whole. */
  let focused = "";
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const within = isChecked(detail.target) && detail.target.contains(document.activeElement);
    focused = within && document.activeElement !== detail.target ? detail.target.id : "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
    focused = "";
  });
  const askAll = () => { if (window.htmx && !document.hidden) all(".own.pending[data-revision]").forEach(askNow); };
  document.addEventListener("visibilitychange", askAll);
  addEventListener("online", askAll);

  /* What is new since the page was made is told, and put into its place when one asks for it, never pushed in. */
  const MOST_IN_PLACE = 20;
  const talk = document.querySelector(".talk[data-news]");
  const fresh = document.getElementById("fresh");
  const idOf = (item) => Number(item.id.slice(1));
  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(`${talk.dataset.news}?since=${talk.dataset.since}`, { headers: { Accept: "application/json" } });
      const { new: count } = await answer.json();
      if (!count) return;
      const text = count === 1 ? (words.oneNew || "1 new comment") : (words.manyNew || "# new comments").replace("#", count > 99 ? "99+" : count);
      if (fresh.textContent === text) return;
      const link = document.createElement("a");
      link.href = "?sort=newest#talk";
      link.className = "button quiet";
      link.textContent = text;
      link.addEventListener("click", (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        if (count > MOST_IN_PLACE) makeAnew(link); else bringIn(link);
      });
      fresh.replaceChildren(link);
    } catch { /* asked again in a while */ }
  }
  /* On the very page it names, a link with a fragment only scrolls. */
  function makeAnew(link) {
    if (link.search === location.search) location.reload(); else location.assign(link.href);
  }
  async function bringIn(link) {
    let came = null;
    try {
      const answer = await fetch(`${talk.dataset.news}?since=${talk.dataset.since}`, { headers: { "HX-Request": "true" } });
      if (answer.ok) came = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-since]");
    } catch { /* the whole page is asked for, and says what is wrong */ }
    if (!came) { makeAnew(link); return; }
    const placed = [], elsewhere = [];
    all("ol[data-parent]", came).forEach((one) => {
      const item = put(one.firstElementChild, one.dataset.parent);
      if (item) placed.push(item); else elsewhere.push(one);
    });
    talk.dataset.since = came.dataset.since;
    all(".talk-head .total").forEach((node) => { node.textContent = came.dataset.total; });
    all(".story .facts .count").forEach((node) => { node.textContent = came.dataset.count; });
    all(".empty", talk).forEach((node) => node.remove());
    fresh.replaceChildren(...sayElsewhere(elsewhere));
    const first = placed[0] || fresh.querySelector("a");
    if (first) first.focus();
  }
  /* Where a new comment belongs on this page; null where what it answers is not on it. */
  function put(item, parentId) {
    const there = document.getElementById(item.id);
    if (there) { /* its place was kept for the answers below it */
      there.querySelector(":scope > article").replaceWith(item.querySelector(":scope > article"));
      there.tabIndex = -1;
      item = there;
    } else if (parentId) {
      const above = document.getElementById(`c${parentId}`);
      if (!above || !above.closest(".thread")) return null;
      let list = above.querySelector(":scope > .r");
      if (!list) {
        list = document.createElement("ol");
        list.className = "r";
        above.insertBefore(list, above.querySelector(":scope > .more"));
      }
      const later = [...list.children].find((other) => other.matches(".more") || idOf(other) > idOf(item));
      list.insertBefore(item, later || null);
    } else {
      const thread = document.getElementById("thread");
      const ofOrder = [...thread.children].filter((other) => !other.querySelector(":scope > article > .by > .pin"));
      const newest = talk.dataset.sort === "newest";
      const oldest = talk.dataset.sort === "oldest" && !document.querySelector(".pager [rel=next]");
      const next = oldest ? ofOrder.find((other) => idOf(other) > idOf(item))
        : ofOrder.find((other) => !newest || idOf(other) < idOf(item));
      thread.insertBefore(item, next || null);
    }
    for (let one = item; one; one = one.parentElement.closest(".c")) {
      if (one.matches(".folded")) fold(one.querySelector(":scope > .fold"));
    }
    const mark = document.createElement("span");
    mark.className = "badge arrived";
    mark.textContent = words.fresh || "New";
    item.querySelector(":scope > article > .by > .t").before(mark, " ");
    prepare(item);
    return item;
  }
  function sayElsewhere(lists) {
    if (!lists.length) return [];
    const links = lists.flatMap((one) => {
      const link = document.createElement("a");
      link.href = `/comments/${idOf(one.firstElementChild)}/`;
      link.textContent = one.dataset.name;
      return [" · ", link];
    });
    return [words.notHere || "In branches that are not on this page:", " ", ...links.slice(1)];
  }
  if (talk && fresh) setInterval(look, 15000);

  function start() {
    prepare(document.body);
    setInterval(() => all("time").forEach((node) => tellTime(node)), 30000);
    document.addEventListener("parley:shown", (event) => all("time", event.target).forEach((node) => tellTime(node)));
    addEventListener("beforeprint", () => all("time").forEach((node) => tellTime(node, true)));
    addEventListener("afterprint", () => all("time").forEach((node) => tellTime(node)));
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
