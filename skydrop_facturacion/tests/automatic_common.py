from contextlib import contextmanager

from freezegun import freeze_time

from odoo.fields import Datetime

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from .common import SkydropCommon


class AutomaticCommon(SkydropCommon, CronMixinCase):
    """Rules, deposits on a day, and the job as the scheduler calls it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rules = cls.env["skydrop.auto.billing"]
        cls.cron = cls.env.ref("skydrop_facturacion.ir_cron_auto_billing_1")

    def _switch_on(self, mode, customer=None, **options):
        return self.rules._switch_on(
            customer or self.customer, self.company, mode, **options
        )

    def _deposit(self, amount, moment, freeze=True, **values):
        """A confirmed deposit, paid at a moment in UTC."""
        if not freeze:
            return self._create_deposits(
                amount, date=Datetime.to_datetime(moment), **values
            )
        with freeze_time(moment):
            return self._deposit(amount, moment, freeze=False, **values)

    def _run(self, moment=None):
        """Run the scheduled action, at a moment in UTC."""
        if moment:
            with freeze_time(moment):
                return self._run()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        # The job has a cursor of its own: the next number of this one is stale.
        self.env["account.move"]._get_sequence_cache().clear()

    @contextmanager
    def _captured_triggers(self):
        with self.capture_triggers(self.cron.id) as captured:
            yield captured
