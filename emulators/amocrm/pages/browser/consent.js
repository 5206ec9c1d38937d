// mode=popup: the window that asked goes on, this one closes; without an opener this one goes on itself.
const goOn = document.getElementById("go-on").href;
if (window.opener) {
  window.opener.location.href = goOn;
  window.close();
} else {
  window.location.href = goOn;
}
