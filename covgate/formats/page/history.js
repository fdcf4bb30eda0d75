
"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const data = JSON.parse(find("data").textContent);
  if (!data.components.length) return;

  // Texts reach the page as text alone, whatever they hold.
  const element = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  };
  const drawn = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  const components = data.components.map(({ name, points }) => ({
    name,
    points: points.map(([commit, measured, counts, status, reason, baseline, epoch, override, aside, excuse]) => {
      const [oid, date, author, subject] = data.commits[commit];
      const decision = (given) => (given ? { why: given[0], who: given[1], when: given[2] } : null);
      return {
        oid, date, author, subject, measured, counts, status, reason, baseline, epoch, aside: Boolean(aside),
        hand: decision(override), excused: decision(excuse),
        y: measured === null ? null : Number(measured),
        height: baseline === null ? null : Number(baseline),
      };
    }),
  }));
  const state = { component: components[0], range: 0, aside: false, view: [], at: -1, page: 0 };
  const PAGE = 50;
  const listed = () => state.component.points.filter((each) => state.aside || !each.aside);
  const short = (oid) => oid.slice(0, 10);
  const day = (date) => date.slice(0, 10);
  const percent = (text) => (text === null ? "nothing" : `${text}%`);
  const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

  // The chart: as many elements for five thousand commits as for five.
  const plot = find("plot");
  const ticks = find("ticks");
  const layers = {};
  for (const name of "grid area set measured dots beside baseline fail hand cursor at".split(" ")) {
    layers[name] = drawn("path", { class: name });
    plot.insertBefore(layers[name], name === "grid" ? ticks : null);
  }
  const circle = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  const cross = (x, y, r) => `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;
  const diamond = (x, y, r) => `M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`;
  let scale = null;

  function scaled() {
    const width = Math.max(find("chart").clientWidth, 200);
    const height = Math.round(Math.min(Math.max(width * 0.4, 230), 400));
    const box = { left: 48, right: width - 14, top: 26, bottom: height - 26 };
    const values = state.view.flatMap((each) => [each.y, each.height]).filter((each) => each !== null);
    let low = values.length ? values.reduce((a, b) => Math.min(a, b)) : 0;
    let high = values.length ? values.reduce((a, b) => Math.max(a, b)) : 100;
    const margin = Math.max((high - low) * 0.07, 0.25);
    low = Math.max(0, low - margin);
    high = Math.min(100, high + margin);
    const step = (box.right - box.left) / Math.max(state.view.length - 1, 1);
    const round = (value) => Math.round(value * 10) / 10;
    return {
      width, height, box, low, high, step,
      x: (place) => round(state.view.length > 1 ? box.left + place * step : (box.left + box.right) / 2),
      y: (value) => round(box.bottom - ((value - low) / (high - low)) * (box.bottom - box.top)),
    };
  }

  function draw() {
    scale = scaled();
    const { width, height, box, x, y, step } = scale;
    const dense = step < 5;
    const paths = { grid: "", area: "", set: "", measured: "", dots: "", beside: "", baseline: "", fail: "", hand: "" };
    let pen = "M";
    let last = null;
    let edge = box.left;
    state.view.forEach((each, place) => {
      const at = x(place);
      if (each.height !== null && !each.aside) {
        paths.baseline += paths.baseline ? `H${at}V${y(each.height)}` : `M${at} ${y(each.height)}`;
        edge = paths.area ? edge : at;
        paths.area = "started";
        last = each.height;
      }
      if (each.y !== null && each.status !== "FAIL") {
        if (each.aside) paths.beside += circle(at, y(each.y), dense ? 1.5 : 3);
        else if (!dense) paths.dots += circle(at, y(each.y), 2.5);
      }
      if (!each.aside) {
        if (each.y !== null) paths.measured += `${pen}${at} ${y(each.y)}`;
        pen = each.y === null ? "M" : "L";
      }
      if (each.y !== null && each.status === "FAIL") paths.fail += cross(at, y(each.y), dense ? 2.5 : 4);
      if (each.hand) {
        paths.set += `M${at} ${box.top}V${box.bottom}`;
        paths.hand += diamond(at, y(each.height ?? each.y), dense ? 5 : 6);
      }
    });
    if (last !== null) {
      paths.baseline += `H${x(state.view.length - 1)}`;
      paths.area = `${paths.baseline}V${box.bottom}H${edge}z`;
    }
    ticks.replaceChildren(...levels(paths), ...dates(), ...numbers());
    for (const [name, path] of Object.entries(paths)) layers[name].setAttribute("d", path);
    plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
    plot.setAttribute("height", height);
    plot.setAttribute("aria-valuemax", Math.max(state.view.length, 1));
    plot.setAttribute("class", dense ? "dense" : "");
    point(state.at);
  }

  function label(text, x, y, anchor, className) {
    const made = drawn("text", { x, y, "text-anchor": anchor, class: className });
    made.textContent = text;
    return made;
  }

  function levels(paths) {
    const { box, low, high, y } = scale;
    const rough = (high - low) / Math.max(Math.floor((box.bottom - box.top) / 45), 2);
    const size = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 25].find((each) => each >= rough) ?? 50;
    const digits = size < 0.1 ? 2 : size < 1 ? 1 : 0;
    const found = [];
    for (let place = Math.ceil(low / size); place * size <= high + 1e-9; place += 1) {
      paths.grid += `M${box.left} ${y(place * size)}H${box.right}`;
      found.push(label(`${(place * size).toFixed(digits)}%`, box.left - 8, y(place * size) + 4, "end", ""));
    }
    return found;
  }

  function dates() {
    const { box, height, x } = scale;
    const count = Math.max(Math.min(Math.floor((box.right - box.left) / 130), state.view.length - 1), 1);
    const found = [];
    let before = "";
    for (let place = 0; place <= count; place += 1) {
      const index = Math.round((place / count) * (state.view.length - 1));
      const each = state.view[index];
      const text = each ? day(each.date) || short(each.oid) : "";
      const anchor = place === 0 ? "start" : place === count ? "end" : "middle";
      if (text && text !== before) found.push(label(text, place ? x(index) : box.left, height - 6, anchor, ""));
      before = text;
    }
    return found;
  }

  function numbers() {
    const found = [];
    let free = -Infinity;
    state.view.forEach((each, place) => {
      if (!each.hand || scale.x(place) < free) return;
      found.push(label(each.hand.number, scale.x(place), 18, "middle", "hand"));
      free = scale.x(place) + 12 + 8 * String(each.hand.number).length;
    });
    return found;
  }

  // One commit: under the pointer, the finger or the keys.
  function point(at) {
    const each = state.view[at];
    state.at = each ? at : -1;
    const box = find("point");
    box.hidden = !each;
    layers.cursor.setAttribute("d", each ? `M${scale.x(at)} ${scale.box.top}V${scale.box.bottom}` : "");
    let marks = "";
    if (each && each.height !== null) marks += circle(scale.x(at), scale.y(each.height), 4.5);
    if (each && each.y !== null) marks += circle(scale.x(at), scale.y(each.y), 4.5);
    layers.at.setAttribute("d", marks);
    if (!each) {
      plot.setAttribute("aria-valuenow", state.view.length);
      plot.setAttribute("aria-valuetext", many(state.view.length, "commit"));
      return;
    }
    plot.setAttribute("aria-valuenow", at + 1);
    plot.setAttribute("aria-valuetext", spoken(each));
    box.replaceChildren(...description(each));
    const x = scale.x(at);
    const left = x < scale.width / 2 ? x + 14 : x - 14 - box.offsetWidth;
    // Where the lines are not.
    const low = scale.y(each.y ?? each.height) < scale.height / 2;
    const top = low ? scale.box.bottom - 8 - box.offsetHeight : scale.box.top + 4;
    Object.assign(box.style, { left: `${Math.max(left, 0)}px`, top: `${Math.max(top, 0)}px` });
  }

  function spoken(each) {
    const parts = [`${short(each.oid)} ${day(each.date)} ${each.subject}`.trim()];
    if (each.status) parts.push(`measured ${percent(each.measured)}, ${each.status}`);
    if (each.baseline !== null) parts.push(`baseline ${percent(each.baseline)}`);
    if (each.hand) parts.push(`set by hand: ${each.hand.why}`);
    if (each.excused) parts.push(`excused: ${each.excused.why}`);
    return parts.join("; ");
  }

  function hash(each) {
    return element("span", "hash", short(each.oid));
  }

  function heading(each) {
    const line = element("p", "muted", hash(each));
    line.append(each.date ? ` ${day(each.date)}` : " not in this clone");
    if (each.author) line.append(" ", element("span", "user", each.author));
    return line;
  }

  function verdict(each) {
    return each.status ? element("span", each.status, each.status) : "";
  }

  function description(each) {
    const rows = element("dl", "");
    const row = (name, ...values) => rows.append(element("dt", "", name), element("dd", "", ...values));
    if (each.status) row("Measured", `${percent(each.measured)}, ${each.counts} `, verdict(each));
    if (each.baseline !== null) row("Baseline", percent(each.baseline), each.epoch ? ` epoch ${each.epoch}` : "");
    if (each.hand) row("Set by hand", element("span", "user by-hand reason", each.hand.why), ...by(each.hand));
    if (each.excused) row("Excused", element("span", "user by-hand reason", each.excused.why), ...by(each.excused));
    if (each.reason) row("Verdict", element("span", "user", each.reason));
    if (each.aside) row("Branch", "another one");
    const subject = each.subject ? [element("p", "subject user", each.subject)] : [];
    return [heading(each), ...subject, rows];
  }

  function by(hand) {
    return [...(hand.who ? [", by ", element("span", "user", hand.who)] : []), hand.when && `, ${day(hand.when)}`];
  }

  // Around the chart.
  function tiles() {
    const line = state.component.points.filter((each) => !each.aside);
    const judged = state.component.points.filter((each) => each.status);
    const failed = judged.filter((each) => each.status === "FAIL");
    const excused = failed.filter((each) => each.excused).length;
    const top = line.findLast((each) => each.baseline !== null);
    const reached = top && line.find((each) => each.epoch === top.epoch && each.baseline === top.baseline);
    const newest = line.findLast((each) => each.status);
    const hands = line.filter((each) => each.hand);
    const where = (each) => [hash(each), each.date ? ` ${day(each.date)}` : ""];
    const tile = (name, value, ...rest) =>
      element("div", "", element("dt", "", name), element("dd", "value", value), element("dd", "", ...rest));
    find("tiles").replaceChildren(
      tile("Baseline", top ? percent(top.baseline) : "none", ...(top ? ["since ", ...where(reached)] : [])),
      tile(
        "Last measured",
        newest ? percent(newest.measured) : "none",
        ...(newest ? [verdict(newest), " ", ...where(newest)] : []),
      ),
      tile("Set by hand", String(hands.length), ...(hands.length ? ["last at ", ...where(hands.at(-1))] : ["never"])),
      tile(
        "Failed", String(failed.length),
        `of ${many(judged.length, "judged commit")}${excused ? `, ${excused} excused` : ""}`,
      ),
    );
  }

  function legend() {
    const has = (test) => state.view.some(test);
    const sign = (name, path) => {
      const icon = drawn("svg", { viewBox: "0 0 22 12", "aria-hidden": "true" });
      icon.append(drawn("path", { class: name, d: path }));
      return icon;
    };
    const entries = [
      ["baseline", "M0 9H11V3H22", "baseline", true],
      ["measured", "M0 9L7 3L14 8L22 4", "measured", true],
      ["fail", cross(11, 6, 4), "measured, verdict FAIL", has((each) => each.status === "FAIL")],
      ["hand", diamond(11, 6, 5), "baseline set by hand", has((each) => each.hand)],
      ["beside", circle(11, 6, 3.5), "on another branch", has((each) => each.aside)],
    ];
    const shown = entries.filter((each) => each[3]);
    find("legend").replaceChildren(...shown.map(([name, path, text]) => element("li", "", sign(name, path), text)));
  }

  function overrides() {
    const found = [];
    let before = "none";
    for (const each of listed()) {
      if (each.hand) Object.assign(each.hand, { from: before, number: found.push(each) });
      if (!each.aside && each.baseline !== null) before = percent(each.baseline);
    }
    const entry = (each) => element(
      "li", "",
      element("p", "reason user", each.hand.why),
      element("p", "muted", `${each.hand.from} to ${percent(each.baseline)} at `, hash(each), ...by(each.hand)),
    );
    find("overrides").hidden = !found.length;
    find("overrides").querySelector("ol").replaceChildren(...found.reverse().map(entry));
  }

  function table() {
    const points = listed();
    find("table").querySelector("summary").textContent = `All ${many(points.length, "commit")} as a table`;
    if (!find("table").open) return;
    const last = Math.max(Math.ceil(points.length / PAGE) - 1, 0);
    state.page = Math.min(Math.max(state.page, 0), last);
    const end = points.length - state.page * PAGE;
    const shown = points.slice(Math.max(end - PAGE, 0), end).reverse();
    find("table").querySelector("tbody").replaceChildren(...shown.map(row));
    find("page").textContent = `page ${state.page + 1} of ${last + 1}`;
    find("newer").disabled = state.page === 0;
    find("older").disabled = state.page === last;
    find("pages").hidden = last === 0;
  }

  function row(each) {
    const cell = (name, ...children) => {
      const made = element("td", "", ...children.filter((child) => child !== ""));
      if (name) made.dataset.label = name;
      return made;
    };
    const subject = element("span", "user", each.subject || "not in this clone");
    const why = each.hand
      ? element("span", "user by-hand", `set by hand: ${each.hand.why}`)
      : element("span", "user", each.reason);
    const excuse = each.excused ? element("span", "user by-hand", `excused: ${each.excused.why}; `) : "";
    return element(
      "tr", "",
      cell("", hash(each), " ", subject, each.aside ? element("span", "muted", " (another branch)") : ""),
      cell("", day(each.date)),
      cell("Measured", each.status ? percent(each.measured) : ""),
      cell("Verdict", verdict(each)),
      cell("Baseline", each.baseline === null ? "" : percent(each.baseline)),
      cell("", excuse, why),
    );
  }

  function ranges() {
    const count = listed().length;
    const sizes = [50, 200, 1000].filter((each) => each < count);
    find("ranges").hidden = !sizes.length;
    const option = (value, text) => Object.assign(element("option", "", text), { value });
    const last = sizes.map((each) => option(each, `last ${each.toLocaleString("en")}`));
    find("range").replaceChildren(option(0, `all ${count.toLocaleString("en")}`), ...last);
    if (!sizes.includes(state.range)) state.range = 0;
    find("range").value = state.range;
  }

  function show() {
    ranges();
    state.view = state.range ? listed().slice(-state.range) : listed();
    state.at = phone.matches ? state.view.length - 1 : -1;
    overrides();
    tiles();
    legend();
    draw();
    table();
  }

  // What moves.
  const phone = matchMedia("(max-width: 720px)");
  const nearest = (event) => {
    const place = (event.clientX - plot.getBoundingClientRect().left - scale.box.left) / scale.step;
    return Math.min(Math.max(Math.round(place), 0), state.view.length - 1);
  };
  plot.addEventListener("pointerdown", (event) => point(nearest(event)));
  plot.addEventListener("pointermove", (event) => point(nearest(event)));
  plot.addEventListener("pointerleave", () => { if (!phone.matches && document.activeElement !== plot) point(-1); });
  plot.addEventListener("focus", () => { if (state.at < 0) point(state.view.length - 1); });
  plot.addEventListener("blur", () => { if (!phone.matches) point(-1); });
  plot.addEventListener("keydown", (event) => {
    const last = state.view.length - 1;
    const leap = Math.max(Math.round(last / 20), 1);
    const moves = {
      ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: leap, PageDown: -leap, Home: -last, End: last,
    };
    if (event.key === "Escape") point(-1);
    if (!(event.key in moves) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    point(Math.min(Math.max((state.at < 0 ? last : state.at) + moves[event.key], 0), last));
  });
  find("component").addEventListener("change", (event) => {
    state.component = components[event.target.selectedIndex];
    state.page = 0;
    show();
  });
  find("range").addEventListener("change", (event) => { state.range = Number(event.target.value); show(); });
  find("aside").addEventListener("change", (event) => { state.aside = event.target.checked; state.page = 0; show(); });
  find("table").addEventListener("toggle", table);
  find("newer").addEventListener("click", () => { state.page -= 1; table(); });
  find("older").addEventListener("click", () => { state.page += 1; table(); });

  find("component").replaceChildren(...components.map(({ name }) => element("option", "", name)));
  find("components").hidden = components.length === 1;
  find("branches").hidden = !components.some(({ points }) => points.some((each) => each.aside));
  find("controls").hidden = false;
  find("history").hidden = false;
  show();
  find("table").open = state.view.length <= PAGE;
  new ResizeObserver(() => { if (find("chart").clientWidth !== scale.width) draw(); }).observe(find("chart"));
})();
