(function () {
  "use strict";
  var player = document.querySelector(".player audio");
  function seek(second, play) {
    if (!player) { return; }
    var go = function () { player.currentTime = second; if (play) { player.play().catch(function () {}); } };
    if (player.readyState > 0) { go(); } else { player.addEventListener("loadedmetadata", go, { once: true }); player.preload = "metadata"; player.load(); }
  }
  document.addEventListener("click", function (event) {
    var at = event.target.closest("[data-at]");
    if (at && player) { event.preventDefault(); seek(parseFloat(at.dataset.at), true); return; }
    var copy = event.target.closest("button[data-copy]");
    if (copy) { copyLine(copy); return; }
    if (event.target.closest("#ids")) { showIds(event.target.closest("#ids")); }
  });
  function copyLine(button) {
    var line = button.dataset.copy, said = button.querySelector("span") || button;
    function done(text) { said.textContent = text; }
    function byHand() {
      var field = document.createElement("textarea"); field.value = line; document.body.appendChild(field); field.select();
      var ok = document.execCommand("copy"); field.remove(); button.focus(); done(ok ? button.dataset.done : line);
    }
    if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(line).then(function () { done(button.dataset.done); }, byHand); } else { byHand(); }
  }
  function showIds(button) {
    var on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? button.dataset.on : button.dataset.off;
    document.querySelector(".ids-note").hidden = !on;
    document.querySelectorAll("button.id").forEach(function (each) { each.remove(); });
    if (!on) { return; }
    document.querySelectorAll("[data-id]").forEach(function (each) {
      var id = document.createElement("button"); id.type = "button"; id.className = "id no-print";
      id.textContent = each.dataset.id; id.dataset.copy = "convintel explain . " + each.dataset.id; id.dataset.done = button.dataset.copied;
      (each.tagName === "TR" ? each.cells[0] : each).appendChild(id);
    });
  }
  document.addEventListener("play", function (event) {
    document.querySelectorAll("audio").forEach(function (each) { if (each !== event.target) { each.pause(); } });
  }, true);
  function fromHash() {
    var turn = /^#turn-\d+$/.test(location.hash) && document.querySelector(location.hash + " [data-at]");
    if (turn) { seek(parseFloat(turn.dataset.at), false); }
  }
  addEventListener("hashchange", fromHash); fromHash();
  var turns = Array.prototype.slice.call(document.querySelectorAll(".transcript li"));
  var field = document.querySelector(".search input"), found = document.querySelector(".search output");
  if (field) {
    field.closest(".search").hidden = false;
    field.addEventListener("input", function () {
      var wanted = field.value.trim().toLowerCase(), hits = 0;
      turns.forEach(function (turn) { var hit = turn.textContent.toLowerCase().indexOf(wanted) >= 0; turn.hidden = !hit; if (hit) { hits += 1; } });
      found.textContent = wanted ? found.dataset.say.replace("##", turns.length).replace("#", hits) : "";
    });
  }
  if (player) {
    var starts = turns.map(function (turn) { return parseFloat(turn.querySelector("[data-at]").dataset.at); });
    player.addEventListener("timeupdate", function () {
      var now = -1; starts.forEach(function (start, i) { if (start <= player.currentTime + 0.05) { now = i; } });
      turns.forEach(function (turn, i) { turn.classList.toggle("now", i === now && !player.paused); });
    });
  }
})();
