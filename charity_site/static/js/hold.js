// While this page is open, the match stays held: say so again and again, and show it anew when something has changed.
(function () {
  var card = document.querySelector("[data-hold]");
  if (!card || card.dataset.over) return;
  var token = card.querySelector("[name=csrfmiddlewaretoken]").value;
  function stay() {
    fetch(card.dataset.hold, { method: "POST", headers: { "X-CSRFToken": token } })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (now) {
        if (!now) return;
        var same = String(now.held) === card.dataset.held && !!now.waiting === !!card.dataset.waiting && !now.over;
        if (!same) location.replace(location.href);
      })
      .catch(function () {});
  }
  setInterval(stay, Number(card.dataset.every) * 1000);
})();
