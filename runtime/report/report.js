// Search and keys; without this script all that a page shows is there as well. "/" searches, Enter and n go to the next place, p to the one
// before, Escape ends it.
(function () {
  "use strict";
  var box = document.getElementById("search"), found = document.getElementById("found");
  var places = [], at = -1;
  document.getElementById("find").hidden = false;

  // What may be found, each by itself: rows, paragraphs, headings, pictures.
  function candidates() { return document.querySelectorAll("main tr, main p, main pre, main li, main h2, main h3, main figure"); }

  function clear() {
    places.forEach(function (place) { place.classList.remove("hit"); });
    places = [];
    at = -1;
  }

  function open(place) {
    for (var e = place; e; e = e.parentElement) { if (e.tagName === "DETAILS") { e.open = true; } }
  }

  function go(step) {
    if (!places.length) { return; }
    at = (at + step + places.length) % places.length;
    open(places[at]);
    places[at].scrollIntoView({ block: "center" });
    found.textContent = (at + 1) + " of " + places.length;
  }

  function search() {
    var words = box.value.trim().toLowerCase();
    clear();
    if (words) {
      candidates().forEach(function (place) {
        if (place.textContent.toLowerCase().indexOf(words) >= 0) { places.push(place); place.classList.add("hit"); }
      });
    }
    found.textContent = words ? places.length + " found" : "";
  }

  box.addEventListener("input", search);
  document.addEventListener("keydown", function (event) {
    var typing = document.activeElement === box;
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.key === "/" && !typing) { box.focus(); event.preventDefault(); }
    else if (event.key === "Enter" && typing) { go(event.shiftKey ? -1 : 1); }
    else if (event.key === "n" && !typing) { go(1); }
    else if (event.key === "p" && !typing) { go(-1); }
    else if (event.key === "Escape") { box.value = ""; search(); box.blur(); }
  });
})();
