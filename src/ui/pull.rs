//! What a pull takes into the tool files, and what stays in GitLab.

use std::collections::{BTreeMap, BTreeSet};

use crate::pull::{Pull, Stay, Taken};

use super::clean::{clean_line, fit};
use super::diff;
use super::plan::{Look, sides};
use super::words::{BOLD, DIM, count, hanging, paragraph, styled};

/// The most titles that are listed of what an apply would write in turn.
const MOST_LISTED: usize = 6;

/// One tool file and what comes of it.
#[derive(Debug)]
pub struct Pulled {
    /// The file, as the user would name it.
    pub file: String,
    /// Its text before.
    pub before: String,
    /// What was pulled.
    pub pull: Pull,
}

/// Renders the difference of each file, what stays in GitLab, and the sums.
#[must_use]
pub fn render(all: &[Pulled], look: Look) -> String {
    let mut out = String::new();
    for Pulled { file, before, pull } in all.iter().filter(|pulled| !pulled.pull.taken.is_empty()) {
        out.push_str(&format!("{}\n", styled(BOLD, &clean_line(file))));
        let width = look.cut.then_some(look.width);
        out.push_str(&diff::toml(before, &pull.text, "  ", width));
        out.push_str(&sources(&pull.taken, look));
        out.push('\n');
    }
    let stays: Vec<&Stay> = all.iter().flat_map(|pulled| &pulled.pull.stays).collect();
    if !stays.is_empty() {
        out.push_str(&format!("{}\n", styled(BOLD, "Stays in GitLab:")));
    }
    let room = room(look);
    let mut last = None;
    for stay in &stays {
        if last.replace(&stay.key) != Some(&stay.key) {
            let at = stay.reference.as_ref().map(ToString::to_string).unwrap_or_default();
            let line = clean_line(&format!("  {}  {at}", stay.title));
            out.push_str(&format!("{}\n", fit(line.trim_end(), room)));
        }
        let word = if stay.conflict { "conflict" } else { "kept" };
        sides(&mut out, word, &stay.field, look);
        out.push_str(&hanging(DIM, "        why:", &clean_line(&stay.why), room));
    }
    if !stays.is_empty() {
        out.push('\n');
    }
    out.push_str(&sums(all, stays.len(), look));
    out
}

/// The items whose fields were taken, a line each.
fn sources(taken: &[Taken], look: Look) -> String {
    let mut fields: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for Taken { path: _, item, field } in taken {
        fields.entry(item).or_default().insert(field);
    }
    let one = |(item, fields): (&str, BTreeSet<&str>)| {
        let fields: Vec<&str> = fields.into_iter().collect();
        let line = clean_line(&format!("  {} from {item}", fields.join(", ")));
        format!("{}\n", styled(DIM, &fit(&line, room(look))))
    };
    fields.into_iter().map(one).collect()
}

fn sums(all: &[Pulled], stays: usize, look: Look) -> String {
    let keys: usize = all.iter().map(|pulled| pulled.pull.taken.len()).sum();
    let files = all.iter().filter(|pulled| !pulled.pull.taken.is_empty()).count();
    let left = match stays {
        0 => String::new(),
        stays => format!(" {} in GitLab.", stay(stays)),
    };
    if keys == 0 {
        let nothing = format!("Nothing to pull.{left}");
        return paragraph(&nothing, 0, look.width);
    }
    let taken = format!("Pull: {} in {}.{left}", count(keys, "key"), count(files, "file"));
    let titles: Vec<&str> =
        all.iter().flat_map(|pulled| &pulled.pull.follow).map(String::as_str).collect();
    let mut out = paragraph(&taken, 0, look.width);
    if !titles.is_empty() {
        let more = titles.len().saturating_sub(MOST_LISTED);
        let mut list: Vec<String> =
            titles.iter().take(MOST_LISTED).map(|title| clean_line(title)).collect();
        if more > 0 {
            list.push(format!("{more} more"));
        }
        let said = format!("An apply would then write the new words into: {}.", list.join("; "));
        out.push_str(&paragraph(&said, 0, look.width));
    }
    out
}

/// Columns that a line may take.
fn room(look: Look) -> usize {
    if look.cut { look.width } else { usize::MAX }
}

fn stay(n: usize) -> String {
    if n == 1 { "1 change stays".to_owned() } else { format!("{n} changes stay") }
}
