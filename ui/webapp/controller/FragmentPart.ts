import Fragment from "sap/ui/core/Fragment";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";

/** A part over a page: its fragment is loaded once, when it is first opened, and this class handles its events. */
export default abstract class FragmentPart<Root extends Control & { close(): unknown }> {
    private root: Promise<Root> | undefined;

    constructor(
        private readonly view: View,
        private readonly fragment: string,
    ) {}

    async onClose(): Promise<void> {
        (await this.root)?.close();
    }

    protected loaded(): Promise<Root> {
        this.root ??= this.load();
        return this.root;
    }

    protected control<Type extends Control>(id: string): Type {
        return Fragment.byId(this.prefix(), id) as Type;
    }

    /** Sets the models that only this part has. */
    protected abstract prepare(root: Root): void;

    private async load(): Promise<Root> {
        const name = `nopenai.studio.fragment.${this.fragment}`;
        const root = (await Fragment.load({ id: this.prefix(), name, controller: this as never })) as unknown as Root;
        this.prepare(root);
        this.view.addDependent(root);
        return root;
    }

    private prefix(): string {
        return this.view.createId(this.fragment);
    }
}
