//! Creates the labels that the plan announced.

use crate::gitlab::Named;
use crate::plan::{Action, Subject};

use super::report::Outcome;
use super::state::State;

pub(super) async fn create(state: &State<'_>) {
    for (tool, plan) in state.tools() {
        let labels = plan
            .changes
            .iter()
            .filter(|c| c.subject == Subject::Label && c.action == Action::Create);
        for change in labels {
            if state.stopped() {
                return;
            }
            let inside = |namespace: &String| {
                *namespace == change.namespace
                    || namespace.starts_with(&format!("{}/", change.namespace))
            };
            let wanted: Vec<_> = plan
                .needs
                .labels
                .iter()
                .filter(|(ns, title)| *title == change.title && inside(ns))
                .cloned()
                .collect();
            // Another tool of this run may have made it, for all or some of the namespaces.
            let wanted: Vec<_> = wanted
                .into_iter()
                .filter(|(ns, title)| state.label_ids(ns, [title]).is_empty())
                .collect();
            if wanted.is_empty() {
                state.finish(tool, change, None, Outcome::Done);
                continue;
            }
            let is_group = wanted
                .iter()
                .any(|(ns, _)| *ns != change.namespace || plan.needs.groups.contains(ns));
            let named = Named {
                namespace: change.namespace.clone(),
                is_group,
                title: change.title.clone(),
            };
            let rule = plan.desired.labels.iter().find(|rule| rule.title == change.title);
            let color = rule.and_then(|rule| rule.color.as_deref());
            let description = rule.and_then(|rule| rule.description.as_deref());
            match state.writer.create_label(&named, color, description).await {
                Ok(id) => {
                    state.add_label(wanted, &id);
                    state.finish(tool, change, None, Outcome::Created);
                }
                Err(error) => state.fail(tool, change, &error),
            }
        }
    }
}
