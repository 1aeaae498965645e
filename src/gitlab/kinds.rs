//! Which of the kinds that epictree creates a work item type is.

use crate::tree::Kind;

use super::types::RawType;

/// What one trait of a type says: one of ours, another stock type, or nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Ours(Kind),
    Other,
    Nothing,
}

/// Finds out which kind a type is.
///
/// Ids are stock numbers on most instances but not all, names can be changed,
/// and icons can be shared: a name and an icon that agree win, then the stock
/// id, then the icon, then the name.
pub(super) fn kind_of(raw: &RawType) -> Option<Kind> {
    let by_name = raw.name.as_deref().map_or(Says::Nothing, by_name);
    let by_icon = raw.icon_name.as_deref().map_or(Says::Nothing, by_icon);
    let by_id = raw.id.as_deref().map_or(Says::Nothing, by_id);
    let agreed = if by_name == by_icon { by_name } else { Says::Nothing };
    let first = [agreed, by_id, by_icon, by_name].into_iter().find(|says| *says != Says::Nothing);
    match first {
        Some(Says::Ours(kind)) => Some(kind),
        Some(Says::Other | Says::Nothing) | None => None,
    }
}

fn by_name(name: &str) -> Says {
    match name.to_lowercase().replace([' ', '_'], "-").as_str() {
        "epic" => Says::Ours(Kind::Epic),
        "issue" => Says::Ours(Kind::Issue),
        "task" => Says::Ours(Kind::Task),
        "incident" | "test-case" | "requirement" | "requirements" | "objective" | "key-result"
        | "keyresult" | "ticket" => Says::Other,
        _ => Says::Nothing,
    }
}

/// Icons are named after their type: `issue-type-task`, `work-item-epic`, `epic`.
fn by_icon(icon: &str) -> Says {
    let bare = ["issue-type-", "work-item-"].iter().find_map(|prefix| icon.strip_prefix(prefix));
    by_name(bare.unwrap_or(icon))
}

fn by_id(id: &str) -> Says {
    match id.strip_prefix("gid://gitlab/WorkItems::Type/") {
        Some("1") => Says::Ours(Kind::Issue),
        Some("5") => Says::Ours(Kind::Task),
        Some("8") => Says::Ours(Kind::Epic),
        Some("2" | "3" | "4" | "6" | "7" | "9") => Says::Other,
        Some(_) | None => Says::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_by_any_two_of_id_icon_and_name() {
        let kind = |id: u64, name: &str, icon: &str| {
            kind_of(&RawType {
                id: Some(format!("gid://gitlab/WorkItems::Type/{id}")),
                name: Some(name.into()),
                icon_name: Some(icon.into()),
                widget_definitions: None,
            })
        };
        assert_eq!(kind(8, "Epic", "work-item-epic"), Some(Kind::Epic));
        assert_eq!(kind(8, "Initiative", "work-item-epic"), Some(Kind::Epic), "renamed");
        assert_eq!(kind(8, "Task", "issue-type-task"), Some(Kind::Task), "other ids");
        assert_eq!(kind(108, "Épopée", "epic"), Some(Kind::Epic), "other ids and names");
        assert_eq!(kind(108, "Epic", "bug"), Some(Kind::Epic), "only the name");
        assert_eq!(kind(2, "Incident", "issue-type-incident"), None);
        assert_eq!(kind(1001, "Bug", "bug"), None);
    }
}
