// While an import runs, its progress is read again every five seconds; without script the link below it does the same.
const MILLISECONDS = 5000;

async function look() {
  const shown = document.querySelector("[data-look-again]");
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-look-again]");
    if (!now) {
      location.reload();
      return;
    }
    shown.replaceChildren(...now.childNodes);
  } catch {
    // The site is out of reach for a moment: the next look will tell.
  }
  setTimeout(look, MILLISECONDS);
}

setTimeout(look, MILLISECONDS);
