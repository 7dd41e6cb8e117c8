from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "makers_market.core"
    label = "core"
    verbose_name = _("Audit log")

    def ready(self) -> None:
        """Load what the apps register unasked: admin pages, checks, receivers, what they hold."""
        autodiscover_modules("admin", "admin_checks", "receivers", "audits", "privacy")
