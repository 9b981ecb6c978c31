// What the page of the desk does around textual-serve's script, which draws the terminal and sends its keys:
// it finds the server by the address of the page, gives the terminal the keyboard, lets a person copy and paste,
// and says why there is nothing more to come. It asks nothing of any other server.
"use strict";

const TRY_EVERY = 3000;
const REMARK_FOR = 8000;
const words = () => document.body.dataset; // index.html has them from tui/browser/words.py

const notice = text => {
  const box = document.getElementById("notice");
  box.textContent = text;
  box.hidden = !text;
  document.getElementById("terminal").style.visibility = text ? "hidden" : "visible";
};

let remarkEnds;
const remark = text => {
  const box = document.getElementById("remark");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(remarkEnds);
  remarkEnds = setTimeout(() => { box.hidden = true; }, REMARK_FOR);
};

const focusTerminal = () => document.querySelector(".xterm-helper-textarea")?.focus();

// A page keeps its name while it is loaded again, and finds its own app by it.
const pageName = () => {
  const name = sessionStorage.getItem("page")
    ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem("page", name);
  return name;
};

// -- the end of a connection ------------------------------------------------------------------------------

let isOver = false;
const over = text => {
  isOver = true;
  notice(text);
  document.activeElement?.blur();
  addEventListener("keydown", event => {
    event.stopImmediatePropagation();
    if (event.key === "Enter") location.reload();
  }, true);
};

const parted = ({ why, says }) => {
  if (why === "idle") location.reload(); // the server says how to open the desk again
  else over(says);
};

const comeBack = async () => {
  try {
    await fetch("alive", { cache: "no-store" });
    location.reload(); // the desk, or the page that says that it is locked
  } catch {
    setTimeout(comeBack, TRY_EVERY);
  }
};

// textual-serve's script opens the connection, and does not look why it closes.
const PlainSocket = WebSocket;
window.WebSocket = class extends PlainSocket {
  constructor(url) {
    super(url);
    this.addEventListener("message", event => {
      if (typeof event.data !== "string") {
        if (!isOver) notice("");
        return;
      }
      const [kind, content] = JSON.parse(event.data);
      if (kind === "part") parted(content);
    });
    this.addEventListener("open", () => {
      if (document.hasFocus()) this.send(JSON.stringify(["focus"])); // the terminal had it before the connection was there
    });
    this.addEventListener("close", () => {
      if (isOver) return;
      over(words().lost);
      setTimeout(comeBack, TRY_EVERY);
    });
  }

  // Keys before the connection is there, or after it has gone, are not obeyed.
  send(data) {
    if (this.readyState === PlainSocket.OPEN) super.send(data);
  }
};

// -- copy and paste ---------------------------------------------------------------------------------------

// The app copies by a sequence of the terminal, which ends here.
if (navigator.clipboard) {
  navigator.clipboard.writeText = text =>
    Clipboard.prototype.writeText.call(navigator.clipboard, text).catch(() => remark(words().noCopy));
  navigator.clipboard.readText = () => Promise.resolve(""); // nothing that is drawn may read the clipboard
}

// The terminal would take these keys for keys of the app: the browser has to paste.
const pastes = event =>
  ((event.ctrlKey || event.metaKey) && !event.altKey && event.key?.toLowerCase() === "v")
  || (event.shiftKey && event.key === "Insert");
addEventListener("keydown", event => { if (pastes(event)) event.stopImmediatePropagation(); }, true);

// A control character in a pasted text could end the paste early, and what follows would be keys.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
addEventListener("paste", event => {
  const given = event.clipboardData.getData("text/plain");
  const safe = given.replace(CONTROL, "");
  if (safe === given) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", safe);
  event.target.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}, true);

// -- the beginning ----------------------------------------------------------------------------------------

addEventListener("load", async () => {
  const socket = new URL(`page/${pageName()}`, location.href);
  socket.protocol = location.protocol.replace("http", "ws");
  document.getElementById("terminal").dataset.sessionWebsocketUrl = socket.href;
  await document.fonts.load("16px 'Roboto Mono'").catch(() => []); // a cell has the size of the font's letters
  const script = document.createElement("script");
  script.src = "textual.js";
  script.onload = event => {
    window.onload(event); // textual-serve's script begins when the page is loaded, which it is
    focusTerminal();
  };
  document.head.append(script);
});
addEventListener("focus", focusTerminal);
addEventListener("click", focusTerminal);
