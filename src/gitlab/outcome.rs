//! Tells from the answer to a mutation whether anything was written.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{self, Answer};
use super::error::GitlabError;
use super::types::RawId;

/// The object a mutation answered with, and its complaints.
pub(super) struct Done<T> {
    pub(super) object: T,
    pub(super) warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Errors {
    errors: Option<Vec<Option<String>>>,
}

/// Why a mutation's answer holds no object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// An error that tells itself whether something was written.
    Error(GitlabError),
    /// An error after the write.
    Uncertain(GitlabError),
    /// An answer that the schema does not promise.
    Odd(String),
}

/// Reads what a mutation did: an object means that it was done, whatever errors stand beside it.
pub(super) fn read<T: DeserializeOwned>(
    mut answer: Answer,
    field: &str,
    object: &str,
    what: &str,
    clean: &impl Fn(&str) -> String,
) -> Result<Done<T>, Outcome> {
    let payload = answer.data.pointer_mut(field).map(Value::take).unwrap_or_default();
    let complaints = complaints(&payload, clean);
    let found = payload.get(object).cloned().unwrap_or_default();
    if !found.is_null() {
        let object =
            serde_json::from_value(found).map_err(|e| Outcome::Odd(clean(&e.to_string())))?;
        let beside = answer.errors.into_iter().map(|error| error.message);
        return Ok(Done { object, warnings: complaints.into_iter().chain(beside).collect() });
    }
    if !complaints.is_empty() {
        return Err(Outcome::Error(GitlabError::Payload { messages: complaints }));
    }
    let Some(error) = answer::verdict(&answer.errors, what) else {
        return Err(Outcome::Odd("neither an object nor an error".into()));
    };
    // An error below the mutation's own field came while answering, after the write.
    if answer.errors.iter().any(|error| error.depth > 1) {
        return Err(Outcome::Uncertain(error));
    }
    Err(Outcome::Error(error))
}

/// Reads what a mutation did that shows its item in any case, as those of links and of the order
/// do: what it complains of it did not do, or not all of it. Answers what else is to be told.
///
/// See `app/graphql/mutations/work_items/linked_items/base.rb` and `hierarchy/reorder.rb` of GitLab.
pub(super) fn read_plain(
    answer: Answer,
    field: &str,
    what: &str,
    clean: &impl Fn(&str) -> String,
) -> Result<Vec<String>, Outcome> {
    let payload = answer.data.pointer(field).unwrap_or(&Value::Null);
    let messages = complaints(payload, clean);
    if !messages.is_empty() {
        return Err(Outcome::Error(GitlabError::Payload { messages }));
    }
    read::<RawId>(answer, field, "workItem", what, clean).map(|done| done.warnings)
}

fn complaints(payload: &Value, clean: &impl Fn(&str) -> String) -> Vec<String> {
    let errors = Errors::deserialize(payload).ok().and_then(|payload| payload.errors);
    errors.into_iter().flatten().flatten().map(|text| clean(&text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::error::WriteError;
    use serde_json::json;

    fn outcome(value: &Value) -> Result<Done<RawId>, Outcome> {
        let answer = answer::parse(value.to_string().as_bytes(), &answer::tidy).unwrap();
        read(answer, "/m", "workItem", "a&1", &answer::tidy)
    }

    fn error(value: &Value) -> WriteError {
        match outcome(value).err().unwrap() {
            Outcome::Error(error) => error.into(),
            Outcome::Uncertain(error) => WriteError::Uncertain(error),
            Outcome::Odd(detail) => {
                WriteError::Uncertain(GitlabError::Unexpected { operation: "m".into(), detail })
            }
        }
    }

    #[test]
    fn an_object_beside_errors_means_done() {
        let done = outcome(&json!({
            "data": { "m": { "errors": ["too many labels"], "workItem": { "id": "x" } } },
            "errors": [{ "message": "a field failed", "path": ["m", "workItem", "title"] }]
        }))
        .unwrap_or_else(|_| panic!("refused"));
        assert_eq!(done.object.id.as_deref(), Some("x"));
        assert_eq!(done.warnings, ["too many labels", "a field failed"]);
    }

    #[test]
    fn an_item_that_is_shown_in_any_case_proves_nothing() {
        let plain = |errors: Value| {
            let answer =
                json!({ "data": { "m": { "errors": errors, "workItem": { "id": "x" } } } });
            let answer = answer::parse(answer.to_string().as_bytes(), &answer::tidy).unwrap();
            read_plain(answer, "/m", "a&1", &answer::tidy)
        };
        assert_eq!(plain(json!([])), Ok(Vec::new()));
        let messages = vec!["No matching work item found".to_owned()];
        let refused = Outcome::Error(GitlabError::Payload { messages: messages.clone() });
        assert_eq!(plain(json!(messages)), Err(refused));
    }

    #[test]
    fn payload_errors_alone_are_a_refusal() {
        let error = error(
            &json!({ "data": { "m": { "errors": ["Title can't be blank"], "workItem": null } } }),
        );
        assert_eq!(error.to_string(), "the instance refuses: Title can't be blank");
        assert!(!error.is_uncertain());
    }

    #[test]
    fn a_failure_inside_gitlab_is_uncertain() {
        for message in ["Internal server error", "Request timed out. Please try again."] {
            assert!(
                error(&json!({ "errors": [{ "message": message }] })).is_uncertain(),
                "{message}"
            );
        }
        let link = "Couldn't create link due to an internal error.";
        assert!(
            error(&json!({ "data": { "m": { "errors": [link], "workItem": null } } }))
                .is_uncertain()
        );
        let late = json!({ "data": { "m": null }, "errors": [{ "message": "x", "path": ["m", "workItem", "id"] }] });
        assert!(error(&late).is_uncertain());
    }

    #[test]
    fn an_answer_without_object_and_errors_is_uncertain() {
        for value in [
            json!({ "data": null, "errors": [] }),
            json!({ "data": { "m": null } }),
            json!({ "data": 3 }),
        ] {
            let Ok(answer) = answer::parse(value.to_string().as_bytes(), &answer::tidy) else {
                continue;
            };
            assert!(matches!(
                read::<RawId>(answer, "/m", "workItem", "x", &answer::tidy),
                Err(Outcome::Odd(_))
            ));
        }
    }

    #[test]
    fn a_missing_licence_is_told_as_such_and_nothing_was_written() {
        let error = error(&json!({
            "data": { "m": null },
            "errors": [{ "message": "Epic type is not available for the given group", "path": ["m"] }]
        }));
        assert!(matches!(error, WriteError::Refused(GitlabError::Unlicensed { .. })));
    }
}
