//! What can go wrong at a request.

use epictree::sandbox::FaultKind;

/// One kind of trouble.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) name: &'static str,
    pub(super) fault: FaultKind,
    /// Whether no answer comes.
    pub(super) hangs: bool,
    /// Whether the run is killed while the request hangs.
    pub(super) kills: bool,
}

/// Every kind of trouble.
pub(super) fn all() -> Vec<Trouble> {
    let limited = |retry_after, text| FaultKind::RateLimited { retry_after, text };
    let error = |status, message: &str| FaultKind::Error { status, message: message.to_owned() };
    let failed = || "Internal server error".to_owned();
    let stale = |requests| FaultKind::Stale { requests };
    let troubles = [
        ("refused", FaultKind::Refuse),
        ("dropped before", FaultKind::DropBeforeCommit),
        ("dropped after", FaultKind::DropAfterCommit),
        ("truncated", FaultKind::Truncate),
        ("429", limited(None, false)),
        ("429 with Retry-After", limited(Some(7), false)),
        ("429 as text", limited(Some(7), true)),
        ("429 for hours", limited(Some(7_200), true)),
        (
            "note limit",
            FaultKind::GraphqlError(
                "This endpoint has been requested too many times. Try again later.".to_owned(),
            ),
        ),
        ("401", error(401, "Invalid token")),
        ("500", error(500, "Internal server error")),
        ("502 before", FaultKind::Status(502)),
        ("502 after", FaultKind::StatusAfterCommit(502)),
        ("503", error(503, "Request timed out. Please try a less complex query.")),
        ("error alone", FaultKind::GraphqlError(failed())),
        ("error beside data", FaultKind::ErrorBeside(failed())),
        ("error after the work", FaultKind::ErrorAfterCommit(failed())),
        ("complaint beside object", FaultKind::Complaint("Cannot add more labels".to_owned())),
        (
            "complaint alone",
            FaultKind::ComplaintAlone("Couldn't create link due to an internal error.".to_owned()),
        ),
        ("stale once", stale(1)),
        ("stale for some", stale(6)),
        ("stale to the end", stale(usize::MAX)),
        ("slow", FaultKind::Slow { before: 1, after: 1 }),
        ("timed out before", FaultKind::HangBeforeCommit),
        ("timed out after", FaultKind::HangAfterCommit),
        ("redirect here", FaultKind::Redirect("/users/sign_in".to_owned())),
        (
            "redirect elsewhere",
            FaultKind::Redirect("https://elsewhere.test/api/graphql".to_owned()),
        ),
    ];
    let killed = [
        ("killed before", FaultKind::HangBeforeCommit),
        ("killed after", FaultKind::HangAfterCommit),
    ];
    let trouble = |kills| {
        move |(name, fault)| {
            let hangs = matches!(fault, FaultKind::HangBeforeCommit | FaultKind::HangAfterCommit);
            Trouble { name, fault, hangs, kills }
        }
    };
    troubles.into_iter().map(trouble(false)).chain(killed.into_iter().map(trouble(true))).collect()
}
