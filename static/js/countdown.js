// <span data-seconds-left="...">: ticks on from what the server said (applications/form/countdown.py).
for (const place of document.querySelectorAll("[data-seconds-left]")) {
  const start = Date.now();
  const words = (seconds) => {
    const days = Math.floor(seconds / 86400);
    const hours = Math.floor((seconds % 86400) / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    if (seconds <= 0) return "已经截止，不能再提交";
    if (days) return `还有 ${days} 天 ${hours} 小时`;
    if (hours) return `还有 ${hours} 小时 ${minutes} 分钟`;
    return minutes ? `还有 ${minutes} 分钟` : "还有不到 1 分钟";
  };
  const tick = () => {
    const left = Math.max(0, place.dataset.secondsLeft - Math.floor((Date.now() - start) / 1000));
    if (place.textContent !== words(left)) place.textContent = words(left);
    place.classList.toggle("overdue", left < place.dataset.urgentBelow);
    if (left) setTimeout(tick, 1000);
  };
  setTimeout(tick, 1000);
}
