const END_TOLERANCE_PX = 8;

/** Keeps the end of a growing content in sight, while the reader is there. */
export default class FollowEnd {
    private scroller: HTMLElement | null = null;
    private following = true;
    private readonly observer = new ResizeObserver(() => this.grown());
    private top = 0;
    private readonly onScroll = () => {
        const top = this.scroller?.scrollTop ?? 0;
        // Only who scrolls back leaves the end: it also moves away by itself, when the content grows.
        if (this.atEnd()) {
            this.following = true;
        } else if (top < this.top) {
            this.following = false;
        }
        this.top = top;
        this.tell(!this.following);
    };

    /** `tell` hears whether the end is out of sight. */
    constructor(private readonly tell: (behind: boolean) => void) {}

    /** Follows `content` in `scroller`, in place of what was followed before. */
    attach(scroller: HTMLElement | null, content: HTMLElement | null): void {
        this.detach();
        this.scroller = scroller;
        scroller?.addEventListener("scroll", this.onScroll, { passive: true });
        if (scroller && content) {
            this.observer.observe(content);
            this.observer.observe(scroller);
        }
    }

    detach(): void {
        this.observer.disconnect();
        this.scroller?.removeEventListener("scroll", this.onScroll);
    }

    toEnd(): void {
        this.following = true;
        this.scroller?.scrollTo({ top: this.scroller.scrollHeight });
        this.tell(false);
    }

    private grown(): void {
        if (this.following) {
            this.toEnd();
        } else {
            this.tell(!this.atEnd());
        }
    }

    private atEnd(): boolean {
        const { scroller } = this;
        return !scroller || scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight <= END_TOLERANCE_PX;
    }
}
