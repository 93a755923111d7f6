import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import Controller from "sap/ui/core/mvc/Controller";
import type Router from "sap/ui/core/routing/Router";
import type Component from "../Component";

/**
 * @namespace nopenai.studio.controller
 */
export default class BaseController extends Controller {
    protected component(): Component {
        return this.getOwnerComponent() as Component;
    }

    protected router(): Router {
        return this.component().getRouter();
    }

    protected control<Type extends Control>(id: string): Type {
        return this.byId(id) as Type;
    }

    /** The object of the named model that the event's source is bound to. */
    protected bound<Type>(event: Event, model: string): Type {
        return (event.getSource() as Control).getBindingContext(model)?.getObject() as Type;
    }
}
