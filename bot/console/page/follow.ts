/** How near the end (pixels) still counts as reading the newest. */
const nearEnd = 90;

/** After something moved, a pointer's press within this time was aimed at what stood there before. */
const settleMs = 350;

/**
 * Keeps the newest message in view for whoever reads at the end, and offers a button to everybody else. A message
 * taller than the view is shown from its top.
 */
export function createFollow(scroller: HTMLElement, log: HTMLElement, newest: HTMLElement) {
  let following = true;
  let movedAt = Number.NEGATIVE_INFINITY;

  const end = () => {
    const last = log.lastElementChild;
    if (!(last instanceof HTMLElement)) return 0;
    const tall = last.offsetHeight > scroller.clientHeight - 24;
    const bottom = scroller.scrollHeight - scroller.clientHeight;
    return Math.max(0, tall ? Math.min(last.offsetTop - 12, bottom) : bottom);
  };
  const go = () => {
    scroller.scrollTop = end();
    newest.hidden = true;
  };

  scroller.addEventListener("scroll", () => {
    following = scroller.scrollTop >= end() - nearEnd;
    if (following) newest.hidden = true;
  });
  // Charts arrive late and the phone's keyboard takes half of the screen.
  const sizes = new ResizeObserver(() => {
    if (following) go();
  });
  sizes.observe(scroller);
  sizes.observe(log);
  newest.addEventListener("click", () => {
    following = true;
    go();
    if (log.lastElementChild instanceof HTMLElement) log.lastElementChild.focus({ preventScroll: true });
  });

  return {
    /** Something was added; `mine`: by the person who reads, who wants to see it wherever they were. */
    added(mine: boolean): void {
      movedAt = performance.now();
      if (mine) following = true;
      if (following) go();
      else newest.hidden = false;
    },
    edited(): void {
      movedAt = performance.now();
      if (following) go();
    },
    /** Whether what a pointer hit was already there when the person aimed. The keyboard's focus does not slip. */
    aimed(event: Event): boolean {
      const byPointer = event instanceof MouseEvent && event.detail > 0;
      return !byPointer || event.timeStamp - movedAt > settleMs;
    },
  };
}
