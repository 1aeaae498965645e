//! What GitLab holds and what the files want when trouble comes.

use std::time::Duration;

use epictree::gitlab::{Pace, Settings};
use epictree::sandbox::{Edit, Sandbox};
use serde_json::Value;

use crate::comments::{asking, with_groups};
use crate::picture::picture;
use crate::world::{ROOT, World};

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    Plan,
    Apply,
}

/// A run that trouble comes to.
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) task: Task,
    /// What GitLab holds.
    pub(super) start: Sandbox,
    /// What an undisturbed run leaves behind.
    pub(super) picture: Vec<Value>,
    /// How many requests an undisturbed run sends.
    pub(super) requests: usize,
    /// What people wrote.
    pub(super) words: &'static [&'static str],
    tool: &'static str,
}

const FIRST: &str = r#"schema = 1
[tool]
id = "hunter"
name = "Hunter"
summary = "Hunts."
home = "https://example.com/hunter"
[handover]
ask = true
[[part]]
id = "one"
name = "One"
value = "What it does first.\n\nWhat it does then."
group = "group::a"
[[part.issue]]
id = "a"
title = "Do a"
value = "What to do."
boxes = ["Think", "Write"]
[[part]]
id = "two"
name = "Two"
group = "group::b"
depends-on = ["one"]
[[part]]
id = "gone"
name = "Gone"
[[part.issue]]
id = "x"
title = "Do x"
"#;

const THEN: &str = r#"schema = 1
[tool]
id = "hunter"
name = "Hunter"
summary = "Hunts everywhere."
home = "https://example.com/hunter-ng"
[handover]
ask = true
[[part]]
id = "one"
name = "One"
value = "What it does in the end.\n\nWhat it does then."
group = "group::a"
[[part.issue]]
id = "a"
title = "Do all of a"
value = "What to do."
boxes = ["Think", "Write", "Ship"]
[[part]]
id = "two"
name = "Two"
group = "group::a"
depends-on = ["three"]
[[part]]
id = "three"
name = "Three"
labels = ["made"]
[[part.issue]]
id = "c"
title = "Do c"
value = "Something new."
"#;

/// What people wrote before the second run, and the last of what they did is no text.
const WORDS: [&str; 6] = [
    "Alice knows more of it.",
    "Bob tried it on ARM.",
    "Carol keeps the older list.",
    "Dave did half of this.",
    "Erin answers for the group.",
    "Frank's tool",
];

fn people(world: &World) {
    let more = format!("What it does then. {}", WORDS[0]);
    world.reword("part/one", "What it does then.", &more);
    world.reword("part/one/a", "- [ ] Think", "- [x] Think");
    world.edit("part/one/a", Edit::Comment(WORDS[1].to_owned()));
    let root = world.sandbox.item(ROOT).map(|item| item.description).unwrap_or_default();
    let row = format!("| [{}](https://example.com/frank) |  | new |\n\nThe end.", WORDS[5]);
    let root = root.replace("All tools.", &format!("All tools. {}", WORDS[2]));
    world.edit_at(ROOT, Edit::Description(root.replace("\n\nThe end.", &format!("\n{row}"))));
    world.edit("part/gone/x", Edit::Comment(WORDS[3].to_owned()));
    world.edit("sunset", Edit::Comment(WORDS[4].to_owned()));
    world.edit("part/two", Edit::Label("plain".to_owned()));
}

impl Scene {
    /// A new tree.
    pub(super) async fn fresh() -> Self {
        Self::new("fresh", Task::Apply, empty().await, FIRST, &[]).await
    }

    /// A tree that both sides went on changing.
    pub(super) async fn rerun() -> Self {
        Self::new("rerun", Task::Apply, edited().await, THEN, &WORDS).await
    }

    /// The same, only looked at.
    pub(super) async fn plan() -> Self {
        Self::new("plan", Task::Plan, edited().await, THEN, &WORDS).await
    }

    async fn new(
        name: &'static str,
        task: Task,
        start: Sandbox,
        tool: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        let mut scene = Self { name, task, start, picture: Vec::new(), requests: 0, words, tool };
        let world = scene.world(&scene.copy(), Pace::none().timeout).await;
        match task {
            Task::Plan => drop(world.plan().await),
            Task::Apply => drop(world.apply().await),
        }
        scene.requests = world.sandbox.log().len();
        world.apply().await;
        scene.picture = picture(&world.sandbox);
        scene
    }

    /// A GitLab of its own.
    pub(super) fn copy(&self) -> Sandbox {
        self.start.copy().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Whoever runs epictree on a GitLab, one request after another, and waits so long for an
    /// answer.
    pub(super) async fn world(&self, sandbox: &Sandbox, timeout: Duration) -> World {
        self.world_of(sandbox, timeout, 1).await
    }

    /// The same with several requests at a time.
    pub(super) async fn world_of(
        &self,
        sandbox: &Sandbox,
        timeout: Duration,
        parallelism: usize,
    ) -> World {
        let pace = Pace { timeout, ..Pace::none() };
        world(sandbox.clone(), self.tool, Settings { pace, parallelism }).await
    }
}

async fn world(sandbox: Sandbox, tool: &str, settings: Settings) -> World {
    let mut world = asking(World::paced(sandbox, tool, settings).await);
    world.options.prune = true;
    world
}

async fn empty() -> Sandbox {
    World::of(&with_groups(), FIRST).await.sandbox
}

async fn edited() -> Sandbox {
    let first = world(empty().await, FIRST, Settings { pace: Pace::none(), parallelism: 1 }).await;
    first.settle().await;
    people(&first);
    first.sandbox
}
