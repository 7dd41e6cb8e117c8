from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "makers_market.core"
    label = "core"

    def ready(self) -> None:
        """Load what the apps register without being asked: admin pages, receivers, audits."""
        autodiscover_modules("admin", "receivers", "audits")
