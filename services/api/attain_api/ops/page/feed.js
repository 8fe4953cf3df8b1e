// Something that is asked for again and again, seldomer while it fails, and not while nobody looks.

const MOST_SECONDS = 60;

export class Feed {
  /** `load` answers or throws; `changed` is called after each try. */
  constructor(load, { seconds, changed }) {
    this.load = load;
    this.seconds = seconds;
    this.changed = changed;
    this.clear();
    document.addEventListener("visibilitychange", () => {
      if (this.running && !document.hidden) this.ask();
    });
  }

  /** Forget what there was. */
  clear() {
    this.running = false;
    this.value = null;
    this.at = null;
    this.failure = null;
    this.failures = 0;
    this.turn = (this.turn ?? 0) + 1;
    clearTimeout(this.timer);
  }

  start() {
    this.running = true;
    return this.ask();
  }

  /** Ask now, and from now on; an answer to a question asked before is not waited for any more. */
  async ask() {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    try {
      const value = await this.load();
      if (turn !== this.turn) return;
      Object.assign(this, { value, at: new Date(), failure: null, failures: 0 });
    } catch (failure) {
      if (turn !== this.turn) return;
      this.failure = failure;
      this.failures += 1;
    }
    const pause = Math.min(this.seconds * 2 ** Math.max(0, this.failures - 1), MOST_SECONDS);
    this.timer = setTimeout(() => document.hidden || this.ask(), pause * 1000);
    this.changed();
  }
}
