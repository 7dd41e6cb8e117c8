"""One settings file; every deployment differs only by its environment (.env.example lists it)."""

from pathlib import Path

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from makers_market.core import env

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS")
SITE_URL = env.site("SITE_URL", listed=ALLOWED_HOSTS)
SANDBOX = env.flag("SANDBOX")

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "procrastinate.contrib.django",
    "makers_market.core",
    # Before allauth: its pages are ours (accounts/templates/account/).
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "allauth.usersessions",
    "catalog",
    "orders",
    "payments",
    "notifications",
    "makers_market.desk",
]
if SANDBOX:
    INSTALLED_APPS.append("sandbox.demo")

MIDDLEWARE = [
    "makers_market.core.http.RequestMiddleware",
    "makers_market.core.edge.EdgeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "makers_market.core.outage.OutageMiddleware",
    "makers_market.core.public_pages.PublicPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "makers_market.core.market_state.ReadOnlyMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "makers_market.core.idle.IdleMiddleware",
    "accounts.middleware.WorkshopMiddleware",
]

ROOT_URLCONF = "makers_market.urls"
WSGI_APPLICATION = "makers_market.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "makers_market" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "makers_market.desk.context.page",
            ],
        },
    },
]

# "iam": each connection signs in by a token of RDS, and no password is stored.
DATABASE_AUTH = env.choice("DATABASE_AUTH", "password", among=("password", "iam"))
DATABASE = env.database("DATABASE_URL", auth=DATABASE_AUTH)
# Only the migrating task has it: who may make roles (docs/files.md).
DATABASE_ADMIN_SECRET_ARN = env.shaped(
    "DATABASE_ADMIN_SECRET_ARN",
    "",
    shape=r"arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@!-]+",
    like="arn:aws:secretsmanager:eu-west-1:123456789012:secret:name",
)
DATABASES = {
    "default": DATABASE
    | {
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # A server that went silent is noticed soon (core/outage.py for one that is paused).
            # Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
            "connect_timeout": 2,
            "tcp_user_timeout": 5000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "application_name": "makers_market",
            # A web request never waits long: a stuck lock or query ends as an error we can show.
            "options": "-c lock_timeout=8s -c statement_timeout=20s"
            " -c idle_in_transaction_session_timeout=30s",
        }
        | DATABASE["OPTIONS"],
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHE_URL = env.cache("CACHE_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    },
    "pages": {
        "BACKEND": "makers_market.core.page_cache.PageCache",
        "LOCATION": CACHE_URL,
        "OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.2},
    }
    if CACHE_URL.startswith("redis")
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# Whole public pages are kept there; without, each is made anew.
PAGE_CACHE = env.flag("PAGE_CACHE", default=True)

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 900
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.JoinForm",
    "request_login_code": "accounts.forms.CodeRequestForm",
    "confirm_login_code": "accounts.forms.SignInCodeForm",
    "confirm_email_verification_code": "accounts.forms.AddressCodeForm",
    "reset_password": "accounts.forms.ResetForm",
    "confirm_password_reset_code": "accounts.forms.ResetCodeForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.FirstPasswordForm",
    "reauthenticate": "accounts.forms.AgainForm",
    "add_email": "accounts.forms.NewAddressForm",
}
# Passwords and codes are limited by accounts.tries; "login_failed" here is for second factors.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/h/ip",
    "confirm_email": "3/m/key,10/h/key",
    "request_login_code": "20/h/ip",
    "reset_password": "20/h/ip",
    "reset_password_from_key": "20/h/ip",
    "reauthenticate": "20/15m/user",
    "change_password": "5/m/user,20/h/user",
    "manage_email": "10/m/user,30/h/user",
}
# How many tries in how many seconds (makers_market.core.limits).
LIMITS = {
    "password_address": (30, 900),
    "password_account": (10, 900),
    "password_device": (10, 900),
    "password_person": (10, 900),
    "code_mail_place": (5, 900),
    "code_mail_account": (30, 3600),
    "code_mail_device": (5, 900),
    "code": (3, 900),
    "checkout": (60, 600),
    "uploads": (120, 3600),
    "sheets": (30, 3600),
    "applications": (10, 86_400),
    "invitations": (20, 86_400),
    "house": (30, 900),
    "export": (5, 3600),
    "alerts": (20, 3600),
    "api": (600, 60),
    "reviews": (20, 3600),
    "review_votes": (60, 600),
    "review_reports": (5, 3600),
}
# Whoever owns the address hears of a new password, address or factor.
ACCOUNT_EMAIL_NOTIFICATIONS = True
# What of a session is the browser's and not the person's.
KEPT_AFTER_SIGN_OUT = ("basket",)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Makers Market"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ADAPTER = "accounts.second_factors.MFAAdapter"
# Clocks differ: the code before and the one after count too, each once (accounts/factor_forms.py).
MFA_TOTP_TOLERANCE = 1
# A passkey signs in by itself, so it must always have checked the person.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_FORMS = {
    "authenticate": "accounts.factor_forms.CodeForm",
    "reauthenticate": "accounts.factor_forms.CodeAgainForm",
    "activate_totp": "accounts.factor_forms.SetUpForm",
    "authenticate_webauthn": "accounts.factor_forms.PasskeyForm",
    "reauthenticate_webauthn": "accounts.factor_forms.PasskeyAgainForm",
    "login_webauthn": "accounts.factor_forms.PasskeySignInForm",
    "add_webauthn": "accounts.factor_forms.NewPasskeyForm",
    "edit_webauthn": "accounts.factor_forms.PasskeyNameForm",
}
USERSESSIONS_TRACK_ACTIVITY = False
# An address counts only with proof: no provider's word signs anybody in to an existing account.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
# Who else vouches for people (docs/sign-in.md); without a client id there is no button.
COGNITO_CLIENT_ID = env.text("COGNITO_CLIENT_ID", "")
COGNITO_CLIENT_SECRET = env.secret("COGNITO_CLIENT_SECRET") if COGNITO_CLIENT_ID else ""
COGNITO_ISSUER = env.web_address("COGNITO_ISSUER", wanted=bool(COGNITO_CLIENT_ID))
COGNITO_DOMAIN = env.web_address("COGNITO_DOMAIN", wanted=bool(COGNITO_CLIENT_ID))
COGNITO_NAME = env.text("COGNITO_NAME", "Amazon Cognito")
# 1 when the pool knows Google: a second button leads through the pool straight to it.
COGNITO_GOOGLE = env.flag("COGNITO_GOOGLE")
# Which group of the pool makes whom an operator; groups that are not named here mean nothing.
COGNITO_GROUP_ROLES = env.pairs(
    "COGNITO_GROUP_ROLES", values=("support", "moderator", "finance", "admin")
)
GOOGLE_CLIENT_ID = env.text("GOOGLE_CLIENT_ID", "")
GOOGLE_CLIENT_SECRET = env.secret("GOOGLE_CLIENT_SECRET") if GOOGLE_CLIENT_ID else ""
SIGN_IN_ORIGINS = [COGNITO_ISSUER, COGNITO_DOMAIN] if COGNITO_CLIENT_ID else []
if GOOGLE_CLIENT_ID or (COGNITO_CLIENT_ID and COGNITO_GOOGLE):
    SIGN_IN_ORIGINS.append("https://accounts.google.com")
# The words by which our edge is known; without one the connection's own address counts.
# EDGE_ONLY: a request that did not come through it is refused.
EDGE_ONLY = env.flag("EDGE_ONLY")
EDGE_SECRETS = env.secrets("EDGE_SECRETS") if EDGE_ONLY else env.items("EDGE_SECRETS")

# How the processes start and stop (docs/running.md).
PORT = env.integer("PORT", 8000, low=1, high=65535)
WEB_HOST = env.shaped("WEB_HOST", "0.0.0.0", shape=r"[0-9.]+|[0-9a-f:]+", like="0.0.0.0 or ::")  # noqa: S104
WEB_WORKERS = env.integer("WEB_WORKERS", 2, low=1, high=64)
WEB_THREADS = env.integer("WEB_THREADS", 8, low=1, high=64)
WAIT_SECONDS = env.integer("WAIT_SECONDS", 60, low=0, high=600)
DRAIN_SECONDS = env.integer("DRAIN_SECONDS", 5, low=0, high=60)
GRACE_SECONDS = env.integer("GRACE_SECONDS", 15, low=1, high=60)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("pt", _("Portuguese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "makers_market.formats"
TIME_ZONE = "Europe/Lisbon"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", BASE_DIR / ".local" / "static")
STATICFILES_DIRS = [BASE_DIR / "makers_market" / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = env.text("MEDIA_ROOT", BASE_DIR / ".local" / "media")
AWS_REGION = env.shaped("AWS_REGION", "eu-west-1", shape=r"[a-z]{2}(-[a-z]+)+-\d", like="eu-west-1")
# A bucket holds public files under media/ and private ones under private/; without one, MEDIA_ROOT.
MEDIA_BUCKET = env.bucket("MEDIA_BUCKET")
BUCKET = {"bucket_name": MEDIA_BUCKET, "region_name": AWS_REGION}
STORAGES = {
    "default": {"BACKEND": "makers_market.core.storage.PublicBucket", "OPTIONS": BUCKET}
    if MEDIA_BUCKET
    else {"BACKEND": "makers_market.core.storage.Folder"},
    "originals": {"BACKEND": "makers_market.core.storage.PrivateBucket", "OPTIONS": BUCKET}
    if MEDIA_BUCKET
    else {"BACKEND": "makers_market.core.storage.PrivateFolder"},
    "staticfiles": {"BACKEND": "makers_market.core.assets.BundledStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600

STRIPE_SECRET_KEY = env.secret("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRETS = env.secrets("STRIPE_WEBHOOK_SECRETS")
STRIPE_API_BASE = env.address("STRIPE_API_BASE", "https://api.stripe.com")
STRIPE_CHECKOUT_ORIGINS = env.origins("STRIPE_CHECKOUT_ORIGINS", "https://checkout.stripe.com")
# Multibanco completes unpaid and confirms days later; off until the market wants that.
MULTIBANCO = env.flag("MULTIBANCO")
RESEND_API_KEY = env.secret("RESEND_API_KEY")
RESEND_API_URL = env.address("RESEND_API_URL", "https://api.resend.com")
MAIL_FROM = env.sender("MAIL_FROM")
DELIVERY_QUEUE_URL = env.address("DELIVERY_QUEUE_URL")
DELIVERY_CALLBACK_SECRETS = env.secrets("DELIVERY_CALLBACK_SECRETS")
if not DEBUG and not SANDBOX:
    env.refuse_examples(
        SECRET_KEY=SECRET_KEY,
        STRIPE_SECRET_KEY=STRIPE_SECRET_KEY,
        STRIPE_WEBHOOK_SECRETS=STRIPE_WEBHOOK_SECRETS,
        RESEND_API_KEY=RESEND_API_KEY,
        DELIVERY_CALLBACK_SECRETS=DELIVERY_CALLBACK_SECRETS,
        COGNITO_CLIENT_SECRET=COGNITO_CLIENT_SECRET,
    )
# The process dies at this named point: only the crash tests set it (docs/testing.md).
CRASH_AT = env.text("CRASH_AT", "")
if CRASH_AT and not DEBUG and not SANDBOX:
    env.refuse("CRASH_AT", "kills the process and is for tests: only with DEBUG or SANDBOX.")

COMMISSION_BASIS_POINTS = env.integer("COMMISSION_BASIS_POINTS", 1000, low=0, high=5000)
PAYOUT_HOLD_DAYS = env.integer("PAYOUT_HOLD_DAYS", 3, low=0, high=60)
MARKET = {
    "name": "Makers Market",
    "legal_name": env.text("MARKET_LEGAL_NAME", "Makers Market, Lda."),
    "address": env.text("MARKET_ADDRESS", "Rua do Poço dos Negros 12, 1200-340 Lisboa, Portugal"),
    "email": env.text("MARKET_EMAIL", "hello@makersmarket.example"),
    "nif": env.text("MARKET_NIF", "PT500000000"),
}

SECURE_COOKIES = env.flag("SECURE_COOKIES", default=True)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_NAME = "__Host-session" if SECURE_COOKIES else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE_COOKIES else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_SSL_REDIRECT = SECURE_COOKIES
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_COOKIES else None
SECURE_HSTS_SECONDS = 63_072_000 if SECURE_COOKIES else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_COOKIES
# no-referrer would make Origin null, and the same-origin rule of public forms reads Origin.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    # Chromium blocks a form post whose redirect leaves this list: the payment page is on it, and
    # whoever vouches for people.
    "form-action": [CSP.SELF, *STRIPE_CHECKOUT_ORIGINS, *map(env.origin_of, SIGN_IN_ORIGINS)],
}
# The public API (core/api.py): its answers are JSON alone, their language is ?lang= alone.
REST_FRAMEWORK = {
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Makers Market",
    "VERSION": "1",
    "DESCRIPTION": "Pieces, makers, categories and reviews, as the public pages show them. "
    "Reading needs no key. Every address that answers with a list gives `next`: follow it.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# The grid of a piece: a hundred combinations of four fields, and three options of forty values.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_HANDLERS = [
    "makers_market.core.upload_limits.WithinLimits",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# A worker that gave no sign of life for so long has died: its jobs run again elsewhere.
JOBS_STALLED_SECONDS = env.integer("JOBS_STALLED_SECONDS", 15, low=2, high=3600)
PROCRASTINATE_WORKER_DEFAULTS = {
    "concurrency": 4,
    "update_heartbeat_interval": env.integer("JOBS_HEARTBEAT_SECONDS", 5, low=1, high=600),
    "stalled_worker_timeout": JOBS_STALLED_SECONDS,
    "delete_jobs": "successful",
    "shutdown_graceful_timeout": GRACE_SECONDS,
}
PROCRASTINATE_ON_APP_READY = "makers_market.core.jobs.configure"
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", among=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
# Where this runs, as measurements and traces name it (docs/observability.md).
ENVIRONMENT = env.word("ENVIRONMENT", "local")
METRICS = env.flag("METRICS")
# Whom traces are told, http://127.0.0.1:4318; empty: nobody. And which part of requests is traced.
OTEL_EXPORTER_OTLP_ENDPOINT = env.web_address("OTEL_EXPORTER_OTLP_ENDPOINT", wanted=False)
TRACES_RATIO = env.fraction("TRACES_RATIO", "0.05")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "makers_market.core.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": [], "propagate": False},
        "procrastinate": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
        # A collector that is away is told in one line of ours (core/exporting.py).
        "opentelemetry": {"level": "CRITICAL"},
    },
}
