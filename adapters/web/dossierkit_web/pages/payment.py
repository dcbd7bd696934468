"""Paying online (*Thanh toán trực tuyến*): the fee, payment by gateway or transfer, and its result.

Only `notified`, which a gateway calls itself, changes anything; the page that citizens come back to shows what is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from dossierkit.dossiers.deadlines.calendars import office_time
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.money.attempts import Answer, Attempt, Callback, Progress, to_give_back
from dossierkit.dossiers.money.fees import fees
from dossierkit.dossiers.states import Payment
from dossierkit.errors import ForgedCallback, UnknownDossier
from dossierkit.papers.qr import qr_code
from dossierkit.payments.vietqr import memo_of
from dossierkit.payments.vnpay import VnPay, answer_signature, question_signature, signature
from dossierkit_web.pages.my_dossiers import own
from dossierkit_web.requests.addresses import public_url, see_other
from dossierkit_web.requests.limits import address_of, allow, log_security_event
from dossierkit_web.requests.posted import text
from dossierkit_web.site import Site, language_of

#: The buttons of the sandbox: the button → response and status of the gateway.
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "paid": ("00", "00"), "silent": ("00", "00"), "cancelled": ("24", "02"), "failed": ("51", "02"),
}  # fmt: skip


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The fee of a dossier, the ways to pay it, and the payments."""
    return _page(site, request, own(site, request))


def _page(site: Site, request: Request, dossier: Dossier) -> Response:
    language, procedure = language_of(request), site.engine.procedure_of(dossier)
    attempts = site.payments.attempts_of(dossier)
    transfer = next((attempt for attempt in attempts if attempt.gateway == "vietqr" and attempt.progress is Progress.OPEN), None)
    response = site.page(
        request,
        "pay",
        dossier=dossier,
        title=procedure.title(language),
        fees=fees(procedure, dossier.answers, dossier.handling.channel, language),
        owed=dossier.handling.money.payment is Payment.DUE,
        undecided=dossier.handling.money.payment is Payment.UNDECIDED,
        paid=[attempt for attempt in attempts if attempt.progress is Progress.PAID],
        owed_back=to_give_back(site.engine.history(dossier)),
        gateways=sorted(site.payments.gateways),
        sandbox=site.config.sandbox is not None,
        bank=site.config.bank,
        transfer=transfer,
        memo=memo_of(transfer.ref) if transfer is not None else "",
        qr=_qr(site, transfer) if transfer is not None else "",
    )
    # The form may redirect to the gateway alone.
    elsewhere = " ".join(gateway.origin for gateway in site.payments.gateways.values() if isinstance(gateway, VnPay))
    policy = site.config.headers.get("Content-Security-Policy", "")
    if policy:
        response.headers["Content-Security-Policy"] = policy.replace(
            "form-action 'self'", f"form-action 'self' {elsewhere}".strip()
        )
    return response


def _qr(site: Site, attempt: Attempt) -> Markup:
    assert site.config.bank is not None, "a transfer is only offered with an account"
    payload = site.config.bank.payload(attempt.amount, memo_of(attempt.ref))
    return qr_code(payload)


def begin(site: Site, request: Request, form: FormData) -> Response:
    """Begin a payment: redirect to the gateway, or show the QR code of a transfer."""
    dossier, name = own(site, request), text(form, "gateway")
    allow(site, request, "payments")
    page = f"/dossiers/{dossier.code}/pay"
    if name == "vietqr" and site.config.bank is not None:
        waiting = [attempt for attempt in site.payments.attempts_of(dossier) if attempt.progress is Progress.OPEN]
        if not any((attempt.gateway, attempt.amount) == ("vietqr", dossier.handling.money.amount) for attempt in waiting):
            site.payments.begin(dossier, "vietqr")
        return see_other(request, f"{page}#transfer")
    gateway = site.payments.gateways.get(name)
    if gateway is None:
        return see_other(request, page)
    attempt = site.payments.begin(dossier, name)
    back = public_url(site.engine.office, f"/payments/{quote(name)}/return")
    # The gateway identifies the attempt by its reference and creation time.
    now, ip = attempt.created, address_of(request) or "127.0.0.1"
    address = gateway.address(attempt, back=back, ip=ip, language=language_of(request), now=now, code=str(dossier.code))
    return RedirectResponse(address, 303)


def returned(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The page that a gateway redirects citizens to: it shows the stored result, and changes nothing."""
    gateway = site.payments.gateways.get(request.path_params["gateway"])
    if gateway is None:
        raise UnknownDossier("no such gateway")
    try:
        callback = gateway.callback(request.query_params)
    except ForgedCallback:
        raise UnknownDossier("the gateway did not sign this redirect") from None
    attempt = site.payments.attempt(callback.ref)
    dossier = site.payments.dossier_of(attempt) if attempt is not None else None
    return site.page(
        request, "paid", how=_came(attempt, callback), code_=str(dossier.code) if dossier is not None else "", ref=callback.ref
    )


def _came(attempt: Attempt | None, shown: Callback) -> str:
    """The name of the result of *attempt*; before the callback, that of the result in the redirect."""
    if attempt is None or attempt.progress is Progress.OPEN or (attempt.progress is Progress.CLOSED and shown.paid):
        return "waiting" if shown.paid else "failed"
    return "surplus" if attempt.surplus else attempt.progress.value


def notified(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The callback of a gateway; only callbacks book payments."""
    name = request.path_params["gateway"]
    if name not in site.payments.gateways:
        raise UnknownDossier("no such gateway")
    answer = site.payments.receive(name, request.query_params)
    if answer in (Answer.FORGED, Answer.WRONG_AMOUNT):
        log_security_event(request, f"payment callback refused: {answer.name.lower()}")
    code, message = answer.value
    return JSONResponse({"RspCode": code, "Message": message})


# --- the sandbox ------------------------------------------------------------------------------------------------------


def show_sandbox(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The sandbox in place of a gateway: it signs like the real one, and moves no money."""
    params = dict(request.query_params)
    _sandbox(site, params)
    attempt = site.payments.attempt(params.get("vnp_TxnRef", ""))
    if attempt is not None and attempt.progress is Progress.CLOSED:
        dossier = site.payments.dossier_of(attempt)
        return site.page(request, "paid", code=409, how="closed", code_=str(dossier.code), ref=attempt.ref)
    amount, info = int(params.get("vnp_Amount", "0")) // 100, params.get("vnp_OrderInfo", "")
    return site.page(request, "sandbox", amount=amount, info=info, asked=urlencode(params), outcomes=OUTCOMES)


def decide_sandbox(site: Site, request: Request, form: FormData) -> Response:  # every page has this shape
    """Send the callback, as a gateway does from server to server, and redirect the citizen."""
    params = dict(parse_qsl(text(form, "asked")))
    sandbox = _sandbox(site, params)
    response, status = OUTCOMES.get(text(form, "outcome"), OUTCOMES["failed"])
    kept = {name: params.get(name, "") for name in ("vnp_Amount", "vnp_OrderInfo", "vnp_TmnCode", "vnp_TxnRef")}
    now = f"{office_time(site.engine.now()):%Y%m%d%H%M%S}"
    params_sent = {
        **kept, "vnp_BankCode": "SANDBOX", "vnp_PayDate": now, "vnp_ResponseCode": response, "vnp_TransactionStatus": status,
        "vnp_TransactionNo": now,
    }  # fmt: skip
    params_sent["vnp_SecureHash"] = signature(sandbox.secret, params_sent)
    if text(form, "outcome") == "silent":  # the callback is lost on its way
        site.payments.withhold(params.get("vnp_TxnRef", ""))
    else:
        site.payments.receive(sandbox.name, params_sent)
    return see_other(request, f"/payments/{sandbox.name}/return?{urlencode(params_sent)}")


def answer_of_sandbox(site: Site, params: Mapping[str, str]) -> dict[str, str]:
    """The answer of the sandbox to a status query, as a gateway gives it.

    Raises:
        UnknownDossier: there is none, or we did not ask.
    """
    sandbox = site.config.sandbox
    if sandbox is None or params.get("vnp_SecureHash") != question_signature(sandbox.secret, params):
        raise UnknownDossier("no sandbox")
    attempt = site.payments.attempt(params.get("vnp_TxnRef", ""))
    answer = {"vnp_ResponseId": params.get("vnp_RequestId", ""), "vnp_Command": "querydr", "vnp_ResponseCode": "91"}
    if attempt is not None:
        paid = attempt.progress is Progress.PAID or site.payments.is_withheld(attempt.ref)
        status = "00" if paid else "02" if attempt.progress is Progress.FAILED else "01"
        answer |= {
            "vnp_ResponseCode": "00",
            "vnp_TmnCode": sandbox.terminal,
            "vnp_TxnRef": attempt.ref,
            "vnp_Amount": str(attempt.amount * 100),
            "vnp_TransactionStatus": status,
            "vnp_TransactionNo": "0",
        }
    return {**answer, "vnp_SecureHash": answer_signature(sandbox.secret, answer)}


def _sandbox(site: Site, params: Mapping[str, str]) -> VnPay:
    """The sandbox, if the portal signed *params*."""
    sandbox = site.config.sandbox
    if sandbox is None or params.get("vnp_SecureHash") != signature(sandbox.secret, params):
        raise UnknownDossier("no sandbox")
    return sandbox
