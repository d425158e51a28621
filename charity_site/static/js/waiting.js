// While a payment waits for its confirmation, look again a few times. Without script there is a link to do so.
(function () {
  var key = "waited:" + location.pathname;
  var count = Number(sessionStorage.getItem(key) || 0);
  if (count > 20) return;
  sessionStorage.setItem(key, String(count + 1));
  setTimeout(function () { location.reload(); }, count < 5 ? 2000 : 5000);
})();
