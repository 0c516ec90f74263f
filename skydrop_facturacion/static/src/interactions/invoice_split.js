import {formatCurrency} from "@web/core/currency";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {Interaction} from "@web/public/interaction";

/**
 * The parts of a split: says while one types how much is missing, and fills in equal
 * parts. The server judges the sum again. All is reckoned in cents.
 */
export class InvoiceSplit extends Interaction {
    static selector = ".o_skydrop_split";
    dynamicContent = {
        ".o_skydrop_part_amount": {"t-on-input": this.updateContent},
        ".o_skydrop_equal": {"t-on-click.prevent": this.onEqual},
        ".o_skydrop_rest": {
            "t-att-class": () => ({
                "d-none": false,
                "alert-info": this.rest !== 0,
                "alert-success": this.rest === 0,
            }),
            "t-out": () => this.restText,
        },
    };

    setup() {
        this.amounts = [...this.el.querySelectorAll(".o_skydrop_part_amount")];
        this.total = this.toCents(this.el.dataset.total);
        this.currencyId = parseInt(this.el.dataset.currencyId, 10);
    }

    toCents(text) {
        const amount = parseFloat(text.replace(/[$,\s]/g, ""));
        return Number.isFinite(amount) ? Math.round(amount * 100) : 0;
    }

    format(cents) {
        return formatCurrency(cents / 100, this.currencyId);
    }

    get rest() {
        const sum = this.amounts.reduce(
            (total, input) => total + this.toCents(input.value),
            0
        );
        return this.total - sum;
    }

    get restText() {
        const rest = this.rest;
        if (rest > 0) {
            return _t("%s is missing", this.format(rest));
        }
        if (rest < 0) {
            return _t("%s is too much", this.format(-rest));
        }
        return _t("The parts add up to the invoice");
    }

    /** The last parts get the cents that are over, as on the server. */
    onEqual() {
        const count = this.amounts.length;
        const each = Math.floor(this.total / count);
        const over = this.total - each * count;
        this.amounts.forEach((input, index) => {
            const cents = each + (index >= count - over ? 1 : 0);
            input.value = (cents / 100).toFixed(2);
        });
    }
}

registry
    .category("public.interactions")
    .add("skydrop_facturacion.invoice_split", InvoiceSplit);
