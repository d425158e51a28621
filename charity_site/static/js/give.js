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
