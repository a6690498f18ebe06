// The section of the model: what a line became, and which lines a kernel has. Texts are unpacked when the first of them is chosen.
(function () {
  "use strict";
  var packed = document.getElementById("packed"), panel = document.getElementById("chosen"), data = null, parsed = {};
  if (!packed) { return; }
  panel.textContent = "Nothing is chosen yet.";

  function unpack() {
    if (data) { return Promise.resolve(data); }
    var text = atob(packed.textContent.trim()), bytes = new Uint8Array(text.length);
    for (var i = 0; i < text.length; i++) { bytes[i] = text.charCodeAt(i); }
    var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json().then(function (object) { data = object; return data; });
  }

  function element(parent, name, text, kind) {
    var e = document.createElement(name);
    if (text !== undefined) { e.textContent = text; }
    if (kind) { e.className = kind; }
    parent.appendChild(e);
    return e;
  }

  // The nodes of a stage by place, each with how often its stretch repeats; numbers of nodes are left out where graphs are compared.
  function nodes(stage) {
    if (parsed[stage.text]) { return parsed[stage.text]; }
    var files = {}, places = {}, times = 1;
    stage.text.split("\n").forEach(function (line) {
      var file = /^file (\d+) "(.*)"$/.exec(line), repeat = /^repeat .* # (\d+) times/.exec(line);
      if (file) { files[file[1]] = file[2]; }
      if (repeat) { times = Number(repeat[1]); }
      if (line === "}") { times = 1; }
      var at = / @(\d+):(\d+):\d+:\d+.*$/.exec(line);
      if (!at) { return; }
      var place = files[at[1]] + ":" + at[2], text = line.slice(0, at.index).trim();
      (places[place] = places[place] || []).push({ text: text, same: text.replace(/%[0-9+i]+/g, "%").replace(/ in \d+[0-9+i]*$/, ""), times: times });
    });
    parsed[stage.text] = places;
    return places;
  }

  // What was there before is marked with a blank, what is new with +; what is gone comes last, with -.
  function changes(before, now) {
    var left = before.slice(), lines = [];
    now.forEach(function (node) {
      var i = left.findIndex(function (other) { return other.same === node.same; });
      if (i >= 0) { left.splice(i, 1); }
      lines.push({ mark: i >= 0 ? " " : "+", node: node });
    });
    return lines.concat(left.map(function (node) { return { mark: "-", node: node }; }));
  }

  function showStage(parent, stage, lines, first) {
    var changed = lines.filter(function (line) { return line.mark !== " "; }).length, box;
    if (!lines.length) { return; }
    if (!changed && !first) { element(parent, "p", stage.name + ": unchanged", "soft"); return; }
    box = element(parent, "details");
    box.open = true;
    element(box, "summary", stage.name + (first ? "" : ": " + changed + " of " + lines.length + " nodes new or gone"));
    var pre = element(box, "pre", undefined, "nodes");
    lines.forEach(function (line) {
      var times = line.node.times > 1 ? "   # " + line.node.times + " times" : "";
      element(pre, "span", (first ? " " : line.mark) + " " + line.node.text + times + "\n", line.mark === "+" && !first ? "new" : line.mark === "-" ? "gone" : "");
    });
  }

  function showGraph(parent, graph, place) {
    var before = [], any = false, box = document.createElement("div");
    element(box, "h3", graph.name);
    graph.stages.forEach(function (stage, i) {
      var now = nodes(stage)[place] || [];
      any = any || now.length > 0;
      showStage(box, stage, i ? changes(before, now) : now.map(function (n) { return { mark: " ", node: n }; }), i === 0);
      before = now;
    });
    var kernels = graph.kernels.filter(function (k) { return k.lines.indexOf(place) >= 0; });
    if (kernels.length) { showKernels(box, kernels); }
    if (any) { parent.appendChild(box); }
    return any;
  }

  function showKernels(parent, kernels) {
    element(parent, "p", "Kernels that compute it:");
    var list = element(parent, "ul");
    kernels.forEach(function (kernel) {
      var link = element(element(list, "li"), "a", kernel.kind + " " + kernel.from + ", called " + kernel.calls + " times", "kernel");
      link.href = "#model";
      link.dataset.kernel = kernel.name;
    });
  }

  function showRemarks(parent, place) {
    var remarks = data.remarks.filter(function (r) { return r.file + ":" + r.line === place; });
    if (!remarks.length) { return; }
    element(parent, "p", "What the passes say of it:");
    var list = element(parent, "ul");
    remarks.forEach(function (r) { element(list, "li", r.pass + ": " + r.text + (r.times > 1 ? " (" + r.times + " times)" : "")); });
  }

  function light(places) {
    document.querySelectorAll(".line").forEach(function (line) { line.classList.toggle("lit", places.indexOf(line.dataset.line) >= 0); });
  }

  function chooseLine(place) {
    light([place]);
    panel.textContent = "";
    element(panel, "h3", "Line " + place.replace(/.*:/, "") + " of " + place.replace(/.*\//, "").replace(/:\d+$/, ""));
    showRemarks(panel, place);
    var any = data.graphs.map(function (graph) { return showGraph(panel, graph, place); }).indexOf(true) >= 0;
    if (!any) { element(panel, "p", "No node comes from this line itself: it declares something, or what it says is computed where it is used."); }
  }

  function chooseKernel(name) {
    var lines = [], kernel = null;
    data.graphs.forEach(function (graph) {
      graph.kernels.forEach(function (k) { if (k.name === name) { kernel = k; lines = lines.concat(k.lines); } });
    });
    if (!kernel) { panel.textContent = "This kernel is in none of the graphs that are shown here."; return; }
    lines = Array.from(new Set(lines)).sort(function (a, b) { return a.localeCompare(b, undefined, { numeric: true }); });
    light(lines);
    panel.textContent = "";
    element(panel, "h3", kernel.kind + " " + kernel.from);
    element(panel, "p", "In object code: " + name + ". Its lines are lit: " + lines.map(function (l) { return l.replace(/.*:/, ""); }).join(", ") + ".");
    [["body", "What it computes"], ["llvm", "LLVM IR"], ["asm", "Assembly"]].forEach(function (form) {
      var box = element(panel, "details"), text = data.code[name][form[0]];
      element(box, "summary", form[1] + ", " + text.split("\n").length + " lines");
      box.addEventListener("toggle", function () { if (box.children.length === 1) { element(box, "pre", text, "nodes"); } });
    });
    var first = document.querySelector(".line.lit");
    if (first) { first.scrollIntoView({ block: "nearest" }); }
  }

  document.addEventListener("click", function (event) {
    var link = event.target.closest("a.line, a.at, a.kernel");
    if (!link) { return; }
    event.preventDefault();
    unpack().then(function () {
      if (link.dataset.kernel) { chooseKernel(link.dataset.kernel); } else { chooseLine(link.dataset.line); }
      panel.scrollTop = 0;
      if (!link.classList.contains("line") || window.innerWidth < 900) { panel.scrollIntoView({ block: "nearest" }); }
    });
  });
})();
