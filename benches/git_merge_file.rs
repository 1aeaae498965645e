//! Merges random triples side by side with `git merge-file` and counts where they differ:
//!
//! ```console
//! $ cargo bench --bench git_merge_file -- 20000
//! ```
//!
//! Fails if there is a conflict where git has none, unless both sides did change the same words:
//! git may then be clean by an alignment that lets one side's change go.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a report that fails loudly")]

#[expect(dead_code, reason = "the properties look at more of a triple")]
#[path = "../tests/it/merge/triples.rs"]
mod triples;

use std::path::Path;
use std::process::Command;

use epictree::canonical::canonical;
use epictree::marker::BaseText;
use epictree::merge::OnConflict;
use epictree::merge::text::decide_text;

use triples::{Triple, Vocabulary};

#[derive(Default)]
struct Count {
    triples: u64,
    /// Conflicts of git.
    git: u64,
    /// Of those, merged here without one.
    merged: u64,
    /// Of the merged, those whose right result is known.
    known: u64,
    /// … and is the result.
    right: u64,
    /// Conflicts here.
    ours: u64,
    /// Conflicts here where git has none.
    worse: u64,
    /// … although the edits do not touch.
    wrong: u64,
    /// Merged by both, to the same lines.
    same: u64,
}

fn main() {
    let number = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let number: u64 = number.unwrap_or(5_000);
    let folder = tempfile::tempdir().unwrap();
    let mut wrong_in_all = 0;
    println!("{number} triples of each vocabulary, side by side with git merge-file");
    for vocabulary in [Vocabulary::Rich, Vocabulary::Poor] {
        let mut count = Count::default();
        for seed in 0..number {
            one(folder.path(), seed, vocabulary, &mut count);
        }
        let Count { triples, git, merged, known, right, ours, worse, wrong, same } = count;
        println!("\n{vocabulary:?}");
        println!("  git conflicts              {git:>7} of {triples}");
        println!("  conflicts here             {ours:>7}");
        println!("  … where git has none       {worse:>7}");
        println!("  … and the edits are apart  {wrong:>7}");
        println!("  git's conflicts merged     {merged:>7} ({:.1} %)", percent(merged, git));
        println!(
            "  … right where known        {right:>7} of {known} ({:.2} %)",
            percent(right, known)
        );
        println!("  merged alike where git does{same:>7} of {}", triples - git);
        wrong_in_all += wrong;
    }
    assert_eq!(wrong_in_all, 0, "conflicts where git has none and the edits do not touch");
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn one(folder: &Path, seed: u64, vocabulary: Vocabulary, count: &mut Count) {
    let Triple { base, gitlab, spec, expected, .. } = Triple::new(seed, vocabulary);
    let git = git(folder, &gitlab, &base, &spec);
    let merged =
        decide_text(Some(&BaseText::Text(base.clone())), &gitlab, &spec, OnConflict::Report);
    let clean = merged.conflict.is_none();
    let now = merged.text.unwrap_or_else(|| gitlab.clone());
    count.triples += 1;
    count.ours += u64::from(!clean);
    match git {
        None => {
            count.git += 1;
            count.merged += u64::from(clean);
            if let Some(expected) = expected.filter(|_| clean) {
                count.known += 1;
                count.right += u64::from(said(&now) == said(&expected));
            }
        }
        Some(git) if clean => count.same += u64::from(said(&git) == said(&now)),
        Some(git) => {
            count.worse += 1;
            count.wrong += u64::from(expected.is_some());
            if count.worse <= 3 {
                println!(
                    "{vocabulary:?} {seed}\n-- base\n{base}\n-- gitlab\n{gitlab}\n-- spec\n{spec}\n-- git\n{git}"
                );
            }
        }
    }
}

/// The lines without the blank ones.
fn said(text: &str) -> Vec<String> {
    canonical(text).into_iter().filter(|line| !line.is_empty()).collect()
}

/// The merge of git, if it has no conflict.
fn git(folder: &Path, ours: &str, base: &str, theirs: &str) -> Option<String> {
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, format!("{text}\n")).unwrap();
        path
    };
    let files = [file("ours", ours), file("base", base), file("theirs", theirs)];
    let output = Command::new("git").args(["merge-file", "-p", "-q"]).args(files).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    match output.status.code() {
        Some(0) => Some(text),
        Some(1..=127) => None,
        other => panic!("git merge-file: {other:?}"),
    }
}
