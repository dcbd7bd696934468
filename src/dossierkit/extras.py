"""Optional libraries, and the extra that installs each."""

from __future__ import annotations

from collections.abc import Mapping

#: Name that a program imports → the smallest extra that installs it.
EXTRAS: Mapping[str, str] = {
    "PIL": "web",
    "argon2": "web",
    "authlib": "oidc",
    "captcha": "web",
    "cel": "rules",
    "cryptography": "web",
    "holidays": "calendar",
    "httpx2": "oidc",
    "joserfc": "oidc",
    "markdown_it": "web",
    "obstore": "s3",
    "psycopg": "postgres",
    "opentelemetry": "otel",
    "prometheus_client": "metrics",
    "pyotp": "web",
    "python_multipart": "web",
    "segno": "web",
    "starlette": "web",
    "typst": "pdf",
    "uvicorn": "web",
    "xlsxwriter": "xlsx",
    "zxcvbn": "web",
}


def missing_extra(error: ImportError) -> str:
    """Advice on the extra to install if *error* is about an optional library; empty for any other import error."""
    library = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(library)
    if extra is None:
        return ""
    fault = "is not installed" if isinstance(error, ModuleNotFoundError) else "cannot be used as it is installed"
    return f"{library} {fault}; it comes with the extra {extra}: pip install 'dossierkit[{extra}]'"
