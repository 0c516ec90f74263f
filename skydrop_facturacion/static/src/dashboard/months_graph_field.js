import {registry} from "@web/core/registry";
import {
    JournalDashboardGraphField,
    journalDashboardGraphField,
} from "@web/views/fields/journal_dashboard_graph/journal_dashboard_graph_field";

// Told apart in light and dark themes, and by those who see few colors.
const COLORS = ["#9aa5b1", "#00838a"];

/**
 * Odoo's graph of a dashboard card, with several bars a month and a legend.
 * The field holds JSON: `labels`, `series` (each with `label` and `values`), `currency`.
 */
export class SkydropMonthsGraphField extends JournalDashboardGraphField {
    getBarChartConfig() {
        const {labels, series, currency} = this.data;
        const format = new Intl.NumberFormat(undefined, {style: "currency", currency});
        const describe = ({dataset, parsed}) =>
            `${dataset.label}: ${format.format(parsed.y)}`;
        return {
            type: "bar",
            data: {
                labels,
                datasets: series.map(({label, values}, index) => ({
                    label,
                    data: values,
                    backgroundColor: COLORS[index],
                })),
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                plugins: {
                    legend: {display: true, position: "bottom"},
                    tooltip: {
                        mode: "index",
                        intersect: false,
                        callbacks: {label: describe},
                    },
                },
                scales: {
                    x: {grid: {display: false}},
                    y: {ticks: {callback: (value) => format.format(value)}},
                },
            },
        };
    }
}

registry.category("fields").add("skydrop_months_graph", {
    ...journalDashboardGraphField,
    component: SkydropMonthsGraphField,
});
