"""`.env.example` and the settings name the same variables."""

import re

from sandbox.env import read_env
from tests.world import ROOT

READ = re.compile(r'env\.\w+\(\s*"([A-Z0-9_]+)"')


def test_example_names_exactly_what_settings_read():
    read = set(READ.findall((ROOT / "makers_market" / "settings.py").read_text()))

    named = set(read_env(ROOT / ".env.example"))

    assert named == read


def test_only_env_reads_the_environment():
    apps = ("makers_market", "accounts", "catalog", "orders", "payments", "notifications")
    readers = {
        str(path.relative_to(ROOT))
        for app in apps
        for path in (ROOT / app).rglob("*.py")
        if "os.environ" in path.read_text() and path.name != "wsgi.py"
    }

    assert readers == {"makers_market/core/env.py"}
