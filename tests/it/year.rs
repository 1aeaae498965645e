//! A year of three tools: every month colleagues work in GitLab, a file says something new, and
//! somebody applies, closes what is fulfilled, and looks at the status; twice a year what people
//! changed is pulled. At its end the tools are gone, and nobody's word is.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do, by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use epictree::canonical;
use epictree::sandbox::{Edit, ItemView, Seed, SeedItem, SeedLabel};
use serde_json::Value;

use crate::dice::Dice;
use crate::env::{COLLEAGUE, TestEnv, example, seed};
use crate::world::{marker_of, text_of};

const TOOLS: [&str; 3] = ["package-hunter", "tokinator", "inventory-builder"];

/// Titles of the work that existed before epictree came.
const NAMED: &str = "Work that is ";

/// What the files say anew: the month, the tool, and the words.
const FILES: [(usize, &str, &str, &str); 6] = [
    (2, "package-hunter", "owner = \"asked\"", "owner = \"accepted\""),
    (3, "tokinator", "Nobody has to guess whom to call.", "Everybody knows whom to call."),
    (4, "package-hunter", "state = \"pending\"", "state = \"migrated\""),
    (5, "inventory-builder", "There is one list of everything", "One list holds everything"),
    (8, "package-hunter", "2027-06-30", "2027-04-30"),
    (9, "tokinator", "name = \"Tokinator\"", "name = \"The Tokinator\""),
];

struct Year {
    env: TestEnv,
    dice: Dice,
    month: usize,
    /// What people wrote, and where: a sentence stands there for ever.
    said: Vec<(String, String)>,
}

/// The strings of a text that begin in a certain way.
fn strings(text: &str, start: &str) -> BTreeSet<String> {
    let parts = text.split('"').skip(1).step_by(2);
    parts.filter(|part| part.starts_with(start)).map(str::to_owned).collect()
}

impl Year {
    fn new(number: u64) -> Self {
        let read = |tool: &str| {
            std::fs::read_to_string(example(tool).join(format!("{tool}.toml"))).unwrap()
        };
        let mut seed: Seed = seed();
        let texts: Vec<String> = TOOLS.map(read).into();
        for title in texts.iter().flat_map(|text| strings(text, "group::")) {
            for namespace in ["gitlab-com", "gitlab-org"] {
                let color = "#6699cc".to_owned();
                let label = SeedLabel { namespace: namespace.into(), title: title.clone(), color };
                if !seed.labels.iter().any(|l| l.namespace == label.namespace && l.title == title) {
                    seed.labels.push(label);
                }
            }
        }
        let named = texts.iter().flat_map(|text| text.lines()).filter_map(|line| {
            line.trim().strip_prefix("item = \"")?.split('"').next().map(str::to_owned)
        });
        for reference in named {
            if seed.items.iter().all(|item| item.reference != reference) {
                let title = format!("{NAMED}{reference}");
                let description = "Written by people.".to_owned();
                seed.items.push(SeedItem {
                    reference,
                    title,
                    description,
                    parent: None,
                    labels: Vec::new(),
                });
            }
        }
        let env = TestEnv::with(TOOLS[0], &seed);
        for (tool, text) in TOOLS.iter().zip(&texts) {
            env.write(&format!("tools/{tool}.toml"), text);
        }
        std::fs::remove_file(env.folder.path().join("package-hunter.toml")).unwrap();
        env.write("owners.toml", "");
        Self { env, dice: Dice::new(number), month: 0, said: Vec::new() }
    }

    /// Items that epictree made, by key; of one key no two may be open.
    fn ours(&self) -> BTreeMap<String, ItemView> {
        let mut ours: BTreeMap<String, ItemView> = BTreeMap::new();
        for item in self.env.sandbox.items() {
            let Some(marker) = marker_of(&item) else { continue };
            let other = ours.insert(marker.key.to_string(), item);
            assert!(other.is_none(), "month {}: two of {}", self.month, marker.key);
        }
        ours
    }

    fn edit(&self, item: &ItemView, edit: Edit) {
        let done = self.env.sandbox.edit(COLLEAGUE, &item.reference, edit.clone());
        assert!(done.is_ok(), "{}: {edit:?}: {done:?}", item.reference);
    }

    /// One of the open items.
    fn one(&mut self, which: impl Fn(&str) -> bool) -> Option<ItemView> {
        let open = self.ours().into_iter().filter(|(key, item)| item.state == "OPEN" && which(key));
        let open: Vec<ItemView> = open.map(|(_, item)| item).collect();
        (!open.is_empty()).then(|| open[self.dice.below(open.len())].clone())
    }

    fn people(&mut self) {
        // The work: a piece a tool and a month, its own issues first.
        for tool in TOOLS {
            let pieces = format!("{tool}/functionality/");
            if let Some(piece) =
                self.one(|key| key.starts_with(&pieces) && key.matches('/').count() == 2)
            {
                let key = marker_of(&piece).unwrap().key.to_string();
                let below = self
                    .ours()
                    .into_iter()
                    .filter(|(k, i)| k.starts_with(&format!("{key}/")) && i.state == "OPEN");
                below.collect::<Vec<_>>().iter().for_each(|(_, item)| self.edit(item, Edit::Close));
                self.edit(&piece, Edit::Close);
            }
        }
        for _ in 0..8 {
            let Some(item) = self.one(|_| true) else { return };
            let (n, text) = (self.said.len(), item.description.clone());
            let digit = self.dice.below(5) + 1;
            let edit = match self.dice.below(7) {
                0 => {
                    let sentence = format!("Mind the {} {n}.", self.dice.word());
                    let with = text.replacen("\n\n", &format!("\n\n{sentence}\n\n"), 1);
                    self.said.push((item.id.clone(), sentence));
                    Edit::Description(with)
                }
                1 => {
                    let comment = format!("Said in month {} ({n}).", self.month);
                    self.said.push((item.id.clone(), comment.clone()));
                    Edit::Comment(comment)
                }
                2 => Edit::Description(text.replacen("- [ ]", "- [x]", 2)),
                3 => Edit::Due(Some(format!("2027-0{digit}-15"))),
                4 => Edit::Label("feature flag".into()),
                5 if item.reference.contains('#') => Edit::Weight(i64::try_from(digit).ok()),
                _ => Edit::Title(format!("{} ({})", item.title, self.month)),
            };
            self.edit(&item, edit);
        }
    }

    fn files(&self) {
        for (_, tool, old, new) in FILES.iter().filter(|(month, ..)| *month == self.month) {
            let path = self.env.folder.path().join(format!("tools/{tool}.toml"));
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(old), "{tool} says nothing of {old:?}:\n{text}");
            std::fs::write(&path, text.replacen(old, new, 1)).unwrap();
        }
    }

    /// Applies, and holds that nothing is left but conflicts.
    fn apply(&self) {
        let before = self.env.sandbox.items();
        let applied = self.env.apply(&["--close-fulfilled", "--force"]);
        assert!(matches!(applied.code, Some(0 | 3)), "month {}: {applied}", self.month);
        self.env.sandbox.clear_log();
        let again = self.env.apply(&["--close-fulfilled", "--force"]);
        assert!(matches!(again.code, Some(0 | 3)), "month {}: {again}", self.month);
        assert_eq!(self.env.mutations(), [""; 0], "month {}: {again}", self.month);
        self.holds(&before);
    }

    fn holds(&self, before: &[ItemView]) {
        let after: BTreeMap<String, ItemView> =
            self.env.sandbox.items().into_iter().map(|item| (item.id.clone(), item)).collect();
        self.ours();
        for (id, sentence) in &self.said {
            let item = &after[id];
            let notes = item.notes.iter().filter(|note| note.body.contains(sentence)).count();
            let times = item.description.matches(sentence).count() + notes;
            assert_eq!(times, 1, "month {}: {sentence:?} in {}", self.month, item.description);
        }
        for old in before {
            let now = &after[&old.id];
            if old.state == "CLOSED" {
                assert_eq!((&old.title, &old.description), (&now.title, &now.description));
            }
            let ticked = |item: &ItemView| {
                let text = text_of(item);
                let lines =
                    canonical::lines(&text).into_iter().filter(|line| line.ticked == Some(true));
                lines.map(|line| line.canonical.into_owned()).collect::<BTreeSet<String>>()
            };
            let open: BTreeSet<String> = canonical::lines(&text_of(now))
                .into_iter()
                .filter(|line| line.ticked == Some(false))
                .map(|line| line.canonical.into_owned())
                .collect();
            let taken: Vec<_> = ticked(old).intersection(&open).cloned().collect();
            assert_eq!(taken, [""; 0], "month {}: unticked in {}", self.month, old.reference);
        }
    }

    /// The status says what is so.
    fn status(&self) -> Value {
        let status = self
            .env
            .run(&["status", "--format", "json", "--url", &self.env.url()])
            .ends_with(0)
            .json();
        let ours = self.ours();
        for tool in status["tools"].as_array().unwrap() {
            let prefix = format!("{}/functionality/", tool["id"].as_str().unwrap());
            let pieces = ours
                .iter()
                .filter(|(key, _)| key.starts_with(&prefix) && key.matches('/').count() == 2);
            let closed = pieces.filter(|(_, item)| item.state == "CLOSED").count();
            let said = measure(tool, "functionality")["counts"]["done"].as_u64().unwrap();
            // Work that exists carries no marker.
            assert!(said >= closed as u64, "month {}: {said} of {closed}", self.month);
        }
        status
    }

    fn pull(&self) {
        let pulled = self.env.run(&["pull", "--yes", "--url", &self.env.url()]);
        assert!(matches!(pulled.code, Some(0 | 3)), "month {}: {pulled}", self.month);
        self.env.run(&["check"]).ends_with(0);
        let again = self.env.run(&["pull", "--yes", "--url", &self.env.url()]);
        assert!(again.stdout.contains("Nothing"), "month {}: {again}", self.month);
    }

    /// All that is left is done.
    fn finish(&mut self) {
        let named = self.env.sandbox.items().into_iter();
        for item in named.filter(|item| item.title.starts_with(NAMED) && item.state == "OPEN") {
            self.edit(&item, Edit::Close);
        }
        // What both sides changed is settled: until then nothing of it is closed.
        self.env.apply(&["--on-conflict", "keep", "--force"]).ends_with(0);
        for _ in 0..4 {
            for (key, item) in self.ours() {
                let is_work = key.contains("/functionality/") && !key.contains("/sunset/");
                if item.state == "OPEN" && is_work {
                    self.edit(&item, Edit::Close);
                } else if item.state == "OPEN" && key.contains("/sunset/") {
                    self.edit(&item, Edit::Description(item.description.replace("- [ ]", "- [x]")));
                }
            }
            self.apply();
        }
    }
}

fn measure<'v>(tool: &'v Value, id: &str) -> &'v Value {
    tool["measures"].as_array().unwrap().iter().find(|measure| measure["id"] == id).unwrap()
}

fn live(number: u64) {
    let mut year = Year::new(number);
    year.apply();
    for month in 1..=12 {
        year.month = month;
        year.people();
        year.files();
        year.apply();
        year.status();
        if month % 5 == 0 {
            year.pull();
            year.apply();
        }
    }
    year.finish();
    let status = year.status();
    for tool in status["tools"].as_array().unwrap() {
        let sunset = measure(tool, "sunset");
        let counts = &sunset["counts"];
        assert_eq!(counts["done"], counts["total"], "{sunset:#}");
        assert_eq!(sunset["next"].as_array().map_or(0, Vec::len), 0, "{sunset:#}");
    }
}

#[test]
fn after_a_year_three_tools_are_gone_and_no_word_is_lost() {
    live(2026);
}
