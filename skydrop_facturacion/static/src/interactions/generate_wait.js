import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {Interaction} from "@web/public/interaction";

/**
 * Says that the invoice is being made: one of many deposits takes a while. The server
 * answers a second click with the same invoice.
 */
export class GenerateWait extends Interaction {
    static selector = ".o_skydrop_generate";
    dynamicContent = {
        _root: {"t-on-submit": this.onSubmit},
        _window: {"t-on-pageshow": this.onShow},
        "[data-skydrop='generate']": {
            "t-att-aria-busy": () => (this.isWaiting ? "true" : "false"),
            "t-att-class": () => ({disabled: this.isWaiting}),
            "t-out": () => (this.isWaiting ? _t("Generating…") : this.label),
        },
    };

    setup() {
        this.isWaiting = false;
        this.label = this.el
            .querySelector("[data-skydrop='generate']")
            ?.textContent.trim();
    }

    /**
     * @param {SubmitEvent} ev also that of a button which takes a deposit out
     */
    onSubmit(ev) {
        this.isWaiting = ev.submitter?.dataset.skydrop === "generate";
    }

    /** The page may come back, as it was left, from the browser's memory. */
    onShow() {
        this.isWaiting = false;
    }
}

registry
    .category("public.interactions")
    .add("skydrop_facturacion.generate_wait", GenerateWait);
