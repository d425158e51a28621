// Typing another amount chooses "another amount"; choosing a suggestion empties the field. Without script the server asks.
(function () {
  var form = document.querySelector("form.give");
  if (!form) return;
  var other = form.elements.amount_other;
  var choices = form.querySelectorAll("input[name=amount_choice]");
  other.addEventListener("input", function () {
    if (other.value) choices[choices.length - 1].checked = true;
  });
  choices.forEach(function (choice) {
    choice.addEventListener("change", function () {
      if (choice.value === "other") other.focus();
      else other.value = "";
    });
  });
})();
// The total with the payment fee, as it is chosen. What is shown here is what the server is told was seen; where the
// two do not agree (or nothing is shown), the server shows its own before anything is paid.
(function () {
  var form = document.querySelector("form.give");
  var box = document.getElementById("total");
  if (!form || !box) return;
  var facts = box.dataset;
  var norms = JSON.parse(facts.norms);
  var step = Number(facts.step);
  var places = Number(facts.places);
  function chosen(name) {
    var one = form.querySelector("input[name=" + name + "]:checked");
    return one ? one.value : "";
  }
  function typed() {
    var plain = form.elements.amount_other.value.trim().replace(/,/g, "");
    var match = /^(\d{1,12})(?:\.(\d{1,6}))?$/.exec(plain);
    if (!match) return 0;
    var tail = match[2] || "";
    if (/[1-9]/.test(tail.slice(places))) return 0;
    return Number(match[1] + tail.slice(0, places).padEnd(places, "0"));
  }
  function shown(minor) {
    var digits = String(minor).padStart(places + 1, "0");
    var head = digits.slice(0, digits.length - places).replace(/\B(?=(\d{3})+$)/g, ",");
    return facts.mark + head + (places ? "." + digits.slice(-places) : "");
  }
  function show() {
    var choice = chosen("amount_choice");
    var gift = /^\d+$/.test(choice) ? Number(choice) : typed();
    var norm = norms[chosen("method") || "card"];
    var told = form.elements.cover.checked && gift > 0 && norm;
    form.elements.total_seen.value = "";
    box.hidden = !told;
    if (!told) return;
    var total = Math.ceil(((gift + norm[1]) * 10000) / (10000 - norm[0]));
    total = Math.ceil(total / step) * step;
    form.elements.total_seen.value = String(total);
    box.textContent = facts.sentence.replace("{total}", shown(total)).replace("{gift}", shown(gift)).replace("{cover}", shown(total - gift));
  }
  form.addEventListener("change", show);
  form.addEventListener("input", show);
  if (box.hidden) show();
})();
