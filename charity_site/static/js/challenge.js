// The challenge of the donation form: find a number whose hash with the token begins with enough zero bits.
// Without script, or without crypto in the page, the visitor waits as the text says and sends the form again.
(function () {
  var box = document.getElementById("challenge");
  if (!box || !window.crypto || !crypto.subtle) return;
  var show = function (name, yes) { box.querySelector("[data-" + name + "]").hidden = !yes; };
  var answer = box.querySelector("input[name=answer]");
  var token = box.dataset.token, bits = Number(box.dataset.bits), number = 0, encoder = new TextEncoder();
  show("without", false);
  show("working", true);
  function batch() {
    var tries = [];
    for (var i = 0; i < 256; i++) tries.push(crypto.subtle.digest("SHA-256", encoder.encode(token + ":" + (number + i))));
    Promise.all(tries).then(function (digests) {
      for (var i = 0; i < digests.length; i++) {
        if (new DataView(digests[i]).getUint32(0) >>> (32 - bits) === 0) {
          answer.value = String(number + i);
          show("working", false);
          show("done", true);
          return;
        }
      }
      number += 256;
      batch();
    });
  }
  batch();
})();
