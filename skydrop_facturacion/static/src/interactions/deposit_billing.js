import {formatCurrency} from "@web/core/currency";
import {_t} from "@web/core/l10n/translation";
import {rpc} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {Interaction} from "@web/public/interaction";

const ESTIMATE_DELAY = 200;

/**
 * The ticks and the card of the billing page. The number of ticks shows at once; the
 * figures come from the server, and an answer that arrives late is dropped.
 */
export class DepositBilling extends Interaction {
    static selector = ".o_skydrop_billing";
    dynamicContent = {
        ".o_skydrop_all": {"t-att-class": () => ({"d-none": false})},
        ".o_skydrop_tick": {"t-on-click": this.onClickTick, "t-on-change": this.onTick},
        ".o_skydrop_tick_all": {"t-on-change": this.onTickAll},
        ".o_skydrop_retry": {
            "t-on-click": this.updateEstimate,
            "t-att-class": () => ({"d-none": !this.canRetry}),
        },
        ".o_skydrop_card_figures": {
            "t-att-aria-busy": () => (this.isWaiting ? "true" : "false"),
        },
        ".o_skydrop_card_error": {
            "t-att-class": () => ({"d-none": !this.error}),
        },
        ".o_skydrop_preview": {
            "t-att-disabled": () => !this.count || Boolean(this.error),
        },
        "[data-skydrop='count']": {"t-out": () => this.count},
        ".o_skydrop_card_noun": {
            "t-out": () => (this.count === 1 ? _t("deposit") : _t("deposits")),
        },
        "[data-skydrop='subtotal']": {"t-out": () => this.format("subtotal")},
        "[data-skydrop='tax']": {"t-out": () => this.format("tax")},
        "[data-skydrop='total']": {"t-out": () => this.format("total")},
        "[data-skydrop='words']": {
            "t-out": () => this.estimate?.amount_in_words ?? "",
        },
        ".o_skydrop_card_error [data-skydrop='error']": {
            "t-out": () => this.error?.message ?? "",
        },
    };

    setup() {
        this.ticks = [...this.el.querySelectorAll(".o_skydrop_tick")];
        this.tickAll = this.el.querySelector(".o_skydrop_tick_all");
        this.currencyId = parseInt(this.el.dataset.currencyId, 10);
        this.keepLast = new KeepLast();
        this.updateEstimateSoon = this.debounced(this.updateEstimate, ESTIMATE_DELAY);
        this.otherIds = JSON.parse(this.el.dataset.otherIds || "[]");
        this.estimate = JSON.parse(this.el.dataset.estimate || "null");
        this.error = null;
        this.isWaiting = false;
        this.countTicks();
    }

    start() {
        if (this.count !== (this.estimate?.count ?? 0)) {
            this.updateEstimate();
        }
    }

    get canRetry() {
        return this.error?.canRetry || this.error?.code === "too_many_requests";
    }

    get tickedOnPage() {
        return this.ticks.filter((tick) => tick.checked);
    }

    get tickedIds() {
        const onPage = this.tickedOnPage.map((tick) => parseInt(tick.value, 10));
        return [...this.otherIds, ...onPage];
    }

    countTicks() {
        this.countOnPage = this.tickedOnPage.length;
        this.count = this.otherIds.length + this.countOnPage;
        this.tickAll.checked = this.countOnPage === this.ticks.length;
        this.tickAll.indeterminate = this.countOnPage > 0 && !this.tickAll.checked;
    }

    format(key) {
        return formatCurrency(parseFloat(this.estimate?.[key] ?? "0"), this.currencyId);
    }

    /**
     * With shift, the ticks between the last clicked one and this one follow it.
     *
     * @param {MouseEvent} ev
     */
    onClickTick(ev) {
        const position = this.ticks.indexOf(ev.target);
        if (ev.shiftKey && this.lastPosition !== undefined) {
            const [from, to] = [position, this.lastPosition].sort((a, b) => a - b);
            for (const tick of this.ticks.slice(from, to + 1)) {
                tick.checked = ev.target.checked;
            }
        }
        this.lastPosition = position;
    }

    onTick() {
        this.countTicks();
        this.isWaiting = true;
        this.updateEstimateSoon();
    }

    onTickAll(ev) {
        for (const tick of this.ticks) {
            tick.checked = ev.target.checked;
        }
        this.onTick();
    }

    async updateEstimate() {
        this.error = null;
        if (!this.count) {
            // Also drops an answer that is still on its way.
            this.keepLast.add(Promise.resolve());
            this.showEstimate(null);
            return;
        }
        this.isWaiting = true;
        this.updateContent();
        const answer = await this.waitFor(
            this.keepLast.add(this.fetchEstimate(this.tickedIds))
        );
        this.protectSyncAfterAsync(() => this.showEstimate(answer))();
    }

    /**
     * @param {number[]} depositIds
     * @returns {Promise<Object>} the answer of the server, or an error of our own
     */
    async fetchEstimate(depositIds) {
        try {
            return await rpc(
                "/my/movements/billing/estimate",
                {deposit_ids: depositIds},
                {silent: true}
            );
        } catch {
            return {
                error: {
                    message: _t(
                        "The total could not be calculated. Check your connection."
                    ),
                    canRetry: true,
                },
            };
        }
    }

    showEstimate(answer) {
        this.isWaiting = false;
        this.error = answer?.error ?? null;
        this.estimate = this.error ? null : answer;
        this.updateContent();
    }
}

registry
    .category("public.interactions")
    .add("skydrop_facturacion.deposit_billing", DepositBilling);
