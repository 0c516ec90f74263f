import {registry} from "@web/core/registry";
import {Interaction} from "@web/public/interaction";

/**
 * The fiscal form: offers the regimes that fit the RFC and the uses that fit the regime,
 * as one types. The server judges the same again.
 */
export class FiscalForm extends Interaction {
    static selector = ".o_skydrop_fiscal_form";
    dynamicContent = {
        "#o_skydrop_rfc": {"t-on-input": this.offer},
        "#o_skydrop_fiscal_regime": {"t-on-change": this.offer},
    };

    setup() {
        this.rfc = this.el.querySelector("#o_skydrop_rfc");
        this.regime = this.el.querySelector("#o_skydrop_fiscal_regime");
        this.use = this.el.querySelector("#o_skydrop_cfdi_use");
    }

    start() {
        this.offer();
    }

    /** "M" for the RFC of a company, "F" for a person's, nothing for neither */
    get person() {
        const length = this.rfc.value.replace(/[-_\s]/g, "").length;
        return {12: "M", 13: "F"}[length] ?? "";
    }

    offer() {
        const person = this.person;
        this.offerOptions(
            this.regime,
            (option) => !person || option.dataset.persons.includes(person)
        );
        const regime = this.regime.value;
        this.offerOptions(
            this.use,
            (option) =>
                (!person || option.dataset.persons.includes(person)) &&
                (!regime || option.dataset.regimes.split(" ").includes(regime))
        );
        if (regime && !this.use.value) {
            const fits = [...this.use.options].filter((option) => !option.disabled);
            const usual = fits.find((option) => option.value === "G03");
            this.use.value = usual ? "G03" : "S01";
        }
    }

    /**
     * @param {HTMLSelectElement} select
     * @param {(option: HTMLOptionElement) => boolean} fits
     */
    offerOptions(select, fits) {
        for (const option of select.options) {
            option.disabled = Boolean(option.value) && !fits(option);
            option.hidden = option.disabled;
        }
        if (select.selectedOptions[0]?.disabled) {
            select.value = "";
        }
    }
}

registry
    .category("public.interactions")
    .add("skydrop_facturacion.fiscal_form", FiscalForm);
