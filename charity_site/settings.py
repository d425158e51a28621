"""All settings, in one file. Values come from the environment through `env`; `checks.py` cross-checks them."""

from pathlib import Path

import dj_database_url
from django.utils.translation import gettext_lazy as _

from charity_site import demo_keys, env

BASE_DIR = Path(__file__).resolve().parent.parent
# Everything the running site writes (database, media, keys, exports) lies in one folder that git ignores.
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.flag("DEBUG", False)
# DEMO loosens what only a laptop needs (made-up keys, HTTP cookies) and labels the site as a demonstration.
DEMO = env.flag("DEMO", False)
SECRET_KEY = env.text("SECRET_KEY", demo_keys.kept(VAR_DIR / "demo-secret-key") if DEMO or DEBUG else None)
ALLOWED_HOSTS = env.text("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
SITE_URL = env.text("SITE_URL", "http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "charity_site",
    "ledger",
    "projects.access",
    "projects.audit",
    "projects.organisations",
    "projects.catalog",
    "projects.giving",
    "projects.relief",
    "projects.matching",
    "projects.payouts",
    "projects.settlement",
    "projects.webhooks",
    "projects.receipts",
    "projects.tracing",
    "projects.checkout",
    "projects.donors",
    "projects.pages",
    "projects.oversight",
    "projects.workspace",
    "projects.api",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.simple_translation",
    "wagtail.locales",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "simple_history",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "charity_site.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "charity_site.middleware.PublicLanguages",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "charity_site.urls"
WSGI_APPLICATION = "charity_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "projects.pages.context.site",
            ],
        },
    },
]

DATABASES = {
    "default": dj_database_url.parse(
        env.text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'charity.sqlite3'}"), conn_max_age=60
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets readers go on while one writes; IMMEDIATE takes the write lock at the start, so that two writers queue
    # instead of one failing half-way; FULL survives a power cut; foreign keys and checks are laws here.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            "PRAGMA ignore_check_constraints=OFF; PRAGMA recursive_triggers=ON; PRAGMA busy_timeout=30000; "
            # 32 MB of pages in memory instead of two, and the log folded into the file at 32 MB instead of four: a year
            # of gifts touches pages all over its indexes, and each was written again and again.
            "PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=8000;"
        ),
    }
# A streaming standby with the same books, for `manage.py verify --database replica`. Nothing is ever written there.
if READ_DATABASE_URL := env.text("READ_DATABASE_URL", ""):
    DATABASES["replica"] = dj_database_url.parse(READ_DATABASE_URL, conn_max_age=60)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "wagtailadmin_login"

# Donors have no password: a mailed link signs them in, once, for a quarter of an hour (`projects/donors/links.py`).
SESAME_MAX_AGE = 15 * 60
SESAME_ONE_TIME = True
SESAME_INVALIDATE_ON_EMAIL_CHANGE = True
SESAME_INVALIDATE_ON_PASSWORD_CHANGE = False

LANGUAGE_CODE = "zh-hans"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
WAGTAILADMIN_PERMITTED_LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
TIME_ZONE = env.text("TIME_ZONE", "Asia/Shanghai")
USE_I18N = True
USE_TZ = True
WAGTAIL_I18N_ENABLED = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "charity_site" / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# The demonstration serves static files from where they lie, so nothing has to be collected first.
WHITENOISE_USE_FINDERS = DEBUG or DEMO

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 20
# Who hears of a red verification. Not Django's ADMINS: they would be mailed every error, with what people had typed.
ALARM_ADDRESSES = [name.strip() for name in env.text("ALARM_ADDRESSES", "").split(",") if name.strip()]
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "ledger@charity.example")

WAGTAIL_SITE_NAME = "善款账本"
WAGTAILADMIN_BASE_URL = SITE_URL
# Nobody outside learns who works here or which version runs: no avatars and no version look-ups elsewhere.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "ods", "odt", "pdf", "txt", "xlsx"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# Stripe: without a key the site talks to the bundled emulator, over HTTP, with the same client code.
STRIPE_API_KEY = env.text("STRIPE_API_KEY", "")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", "whsec_emulator" if not STRIPE_API_KEY else None)
# Where the account lies that Stripe opens for a bank transfer in euro; it offers BE, DE, ES, FR, IE and NL.
STRIPE_EU_BANK_COUNTRY = env.text("STRIPE_EU_BANK_COUNTRY", "DE")
# Card testing (`projects/giving/guard_rules.py`): other limits as name=number with commas between; and whether the form
# may ask for a challenge. Without one, whoever would be asked is refused.
CARD_GUARD = env.numbers("CARD_GUARD")
CARD_GUARD_CHALLENGE = env.flag("CARD_GUARD_CHALLENGE", True)
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "" if STRIPE_API_KEY else "http://localhost:8001")

# Whose rules a public campaign must meet before it opens (`projects/catalog/gate.py`).
CAMPAIGN_COUNTRY = env.text("CAMPAIGN_COUNTRY", "CN")

# The identity vault's master key, 32 bytes in base64 (urlsafe). Outside the database, always.
VAULT_OLD_KEYS = env.text("VAULT_OLD_KEYS", "")
VAULT_KEY = env.text("VAULT_KEY", demo_keys.kept(VAR_DIR / "demo-vault-key") if DEMO or DEBUG else None)

# The public log. Its origin is a name for ever, its key's file is a secret, its memory lies outside the database: on
# another disk than the database's copies, so that an older copy cannot sign what contradicts the newer.
LOG_ORIGIN = env.text("LOG_ORIGIN", f"{SITE_URL.partition('://')[2]}/log")
LOG_KEY_FILE = env.text("LOG_KEY_FILE", str(VAR_DIR / "demo-log-key") if DEMO or DEBUG else "")
LOG_STATE_DIR = Path(env.text("LOG_STATE_DIR", str(VAR_DIR / "log-state")))
# Public keys of the witnesses whose cosignatures are taken, and the key with which this site witnesses other logs.
LOG_WITNESSES = env.text("LOG_WITNESSES", "")
LOG_WITNESS_KEY_FILE = env.text("LOG_WITNESS_KEY_FILE", "")

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not (DEBUG or DEMO)
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", not (DEBUG or DEMO))
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 0 if DEBUG or DEMO else 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not (DEBUG or DEMO)
# How many proxies of our own stand in front: the visitor's address is what the outermost of them saw.
PROXIES_IN_FRONT = env.number("PROXIES_IN_FRONT", 1 if env.flag("BEHIND_PROXY", False) else 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY", False) else None
# The page editor shows its preview in a frame of our own; nobody else may frame us. That is not the check's DENY.
X_FRAME_OPTIONS = "SAMEORIGIN"
SILENCED_SYSTEM_CHECKS = ["security.W019"]
SECURE_REFERRER_POLICY = "same-origin"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    # These tell of every request and every task; what goes wrong is still heard.
    "loggers": {
        name: {"level": "WARNING"} for name in ("stripe", "django_tasks", "django_tasks_db", "wagtail", "weasyprint")
    },
}
