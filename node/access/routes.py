"""What each route of the HTTP interface does, in the words of the table."""

from typing import Final

from node.access.table import Action

ACTIONS: Final = {
    "GET /status": Action.SEE_NODE,
    "GET /doctor": Action.SEE_NODE,
    "GET /network/": Action.SEE_NODE,
    "POST /estimates": Action.QUOTE,
    "POST /jobs": Action.POST_JOB,
    "GET /jobs": Action.SEE_JOB,
    "GET /jobs/{job}": Action.SEE_JOB,
    "GET /jobs/{job}/transcript": Action.SEE_JOB,
    "GET /jobs/{job}/events": Action.SEE_JOB,
    "POST /jobs/{job}/cancellation": Action.END_JOB,
    "POST /jobs/{job}/again": Action.END_JOB,
    "POST /jobs/{job}/improvement": Action.END_JOB,
    "POST /jobs/{job}/design": Action.COPY_DESIGN,
    "DELETE /jobs/{job}/licences": Action.REVOKE_LICENCE,
    "POST /custody/": Action.JUDGE,
    "GET /releases": Action.SEE_RELEASES,
    "GET /parts/": Action.SEE_EVIDENCE,
    "GET /schedule": Action.SEE_SHOP,
    "GET /shop/": Action.SEE_SHOP,
    "POST /shop/rules/preview": Action.SEE_SHOP,
    "GET /shop/why/{job}": Action.SEE_SHOP,
    "PUT /shop/": Action.STEER_SHOP,
    "POST /shop/": Action.STEER_SHOP,
    "GET /governance": Action.SEE_ASSEMBLY,
    "POST /governance/preview": Action.SEE_ASSEMBLY,
    "POST /governance/": Action.VOTE,
    "GET /disputes": Action.SEE_DISPUTE,
    "POST /disputes/objections": Action.OBJECT,
    "POST /disputes/offers": Action.SETTLE,
    "POST /disputes/acceptances": Action.SETTLE,
    "POST /disputes/panels": Action.SETTLE,
    "POST /disputes/votes": Action.JUDGE,
    "POST /disputes/verdicts": Action.TESTIFY,
    "POST /disputes/measurements": Action.TESTIFY,
}
"""What a route does, by its method and path or the longest beginning of it; any other is the operator's alone."""

LISTS: Final = ("GET /jobs",)
"""Routes that show what may be seen, and leave the rest out."""


def action_of(method: str, path: str) -> Action:
    """What the route at ``path``, as it was declared, does."""
    route = f"{method} {path}"
    known = [start for start in ACTIONS if route == start or (start not in LISTS and route.startswith(start))]
    return ACTIONS[max(known, key=len)] if known else Action.ADMINISTER
