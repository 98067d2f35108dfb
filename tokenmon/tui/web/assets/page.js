// What the page does beside its terminal: keys reach it at once, without a click, and again after a time elsewhere.
function focusTerminal() {
  document.querySelector(".xterm-helper-textarea")?.focus();
}

// The terminal is made by a handler that was registered before this one.
window.addEventListener("load", () => {
  document.getElementById("again").addEventListener("click", () => window.location.reload());
  focusTerminal();
});
window.addEventListener("focus", focusTerminal);
