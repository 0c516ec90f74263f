import {registry} from "@web/core/registry";
import {Interaction} from "@web/public/interaction";

/**
 * A page that comes back with errors has the focus on the first wrong field, or on the
 * message, so that a keyboard and a screen reader start where there is something to do.
 */
export class ErrorFocus extends Interaction {
    static selector = ".o_skydrop_portal";

    start() {
        const wrong =
            this.el.querySelector(".is-invalid") ??
            this.el.querySelector(".alert-danger[data-skydrop='error']");
        if (wrong?.offsetParent) {
            if (wrong.matches(".alert")) {
                wrong.tabIndex = -1;
            }
            wrong.focus();
        }
    }
}

registry
    .category("public.interactions")
    .add("skydrop_facturacion.error_focus", ErrorFocus);
