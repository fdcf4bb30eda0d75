"use strict";
(() => {
  const stops = [...document.querySelectorAll(".stop")];
  const header = document.querySelector("header");
  const [previous, next] = ["previous", "next"].map((id) => document.getElementById(id));
  if (!stops.length || !next) return;
  const count = document.querySelector(".count");
  const all = count.textContent;
  let at = stops.findIndex((each) => `#${each.id}` === location.hash);
  const fit = () => document.documentElement.style.setProperty("--top", `${header.offsetHeight + 12}px`);
  const seen = (each) => {
    const box = each.getBoundingClientRect();
    return box.bottom > header.offsetHeight && box.top < innerHeight;
  };
  const go = (step) => {
    if (at >= 0 && seen(stops[at])) {
      at = (at + step + stops.length) % stops.length;
    } else {
      const below = stops.findIndex((each) => each.getBoundingClientRect().top > header.offsetHeight);
      at = step > 0 ? Math.max(below, 0) : (below < 1 ? stops.length : below) - 1;
    }
    location.replace(`#${stops[at].id}`);
    count.textContent = `${at + 1} of ${all}`;
  };
  previous.hidden = next.hidden = false;
  previous.addEventListener("click", () => go(-1));
  next.addEventListener("click", () => go(1));
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "n") go(1);
    if (event.key === "p") go(-1);
  });
  addEventListener("resize", fit);
  fit();
  if (at >= 0) stops[at].scrollIntoView();
})();
