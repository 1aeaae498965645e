//! How many requests a plan takes, and that none of those it saves was needed.

use epictree::sandbox::{Edit, Edition, Seed};

use crate::env::{TestEnv, epictree};
use crate::world::{TOOL, World, change, seed, writes};

fn operations(log: &[epictree::sandbox::Logged]) -> Vec<&str> {
    log.iter().map(|request| request.operation.as_str()).collect()
}

#[test]
fn a_quiet_plan_of_one_tool_takes_four_requests_in_three_rounds() {
    let env = TestEnv::package_hunter();
    env.settle();
    env.sandbox.clear_log();
    env.plan(&[]).ends_with(0).says("No changes");
    // The last two at once, one for each top-level group.
    let log = env.sandbox.log();
    assert_eq!(operations(&log), ["Start", "WithChildren", "Descendants", "Descendants"]);
}

#[test]
fn a_new_tree_takes_a_write_for_each_text_and_few_looks_for_twins() {
    let env = TestEnv::package_hunter();
    env.apply(&["--parallelism", "1"]).ends_with(0);
    let log = env.sandbox.log();
    let count = |name: &str| log.iter().filter(|request| request.operation == name).count();
    let writes = log.iter().filter(|request| request.mutation).count();
    // Beside them a label, and all links at once.
    assert_eq!(writes, count("CreateItem") + count("UpdateItem") + 2, "{:?}", operations(&log));
    assert!(count("CreateItem") >= 35 && count("Children") <= 10, "{:?}", operations(&log));
}

#[test]
fn a_quiet_plan_of_many_tools_takes_a_request_for_a_hundred_items_and_three() {
    let env = TestEnv::package_hunter();
    let text = std::fs::read_to_string(env.folder.path().join("epictree.toml")).unwrap();
    let text = text.replace("gitlab-org/gitlab", "gitlab-com/gl-security/product-security/tools");
    let mut folder =
        vec![("epictree.toml".to_owned(), text.replace("[owners]\nfile = \"owners.toml\"", ""))];
    for n in 0..8 {
        let pieces = (0..5).map(|p| format!("[[functionality]]\nid = \"p{p}\"\nname = \"P{p}\"\n"));
        let tool = format!("schema = 1\n[tool]\nid = \"t{n}\"\nname = \"T{n}\"\nsummary = \"S\"\n");
        folder.push((format!("tools/t{n}.toml"), tool + &pieces.collect::<String>()));
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in &folder {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let run = |args: &[&str]| {
        let output = epictree(dir.path()).args(args).args(["--sandbox", "-v"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    };
    run(&["apply", "--yes"]);
    let said = run(&["plan"]);
    let number = |before: &str| -> usize {
        let line = said.lines().find(|line| line.contains(before)).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        words.iter().find_map(|word| word.parse().ok()).unwrap()
    };
    let (items, requests) = (number("items as the files want"), number("requests ("));
    assert!(items > 140, "{said}");
    assert!(requests * 100 <= items + 300, "{requests} requests for {items} items:\n{said}");
}

#[tokio::test]
async fn before_18_3_a_tree_is_read_level_by_level() {
    let edition = Edition { version: "18.2.1-ee".into(), ..Edition::ultimate() };
    let world = World::of(&Seed { edition, ..seed() }, TOOL).await;
    world.settle().await;
    world.sandbox.clear_log();
    world.is_settled("18.2").await;
    let log = world.sandbox.log();
    assert!(!operations(&log).contains(&"Descendants"), "{log:#?}");
}

#[tokio::test]
async fn what_lies_elsewhere_is_still_seen() {
    let mut world = World::new(TOOL).await;
    world.settle().await;
    let part = world.item("part/two").reference;
    let elsewhere = world.create("far", "People's", &part, "");
    world.rewrite("[[part]]\nid = \"two\"\nname = \"Two\"\n", "");
    world.options.prune = true;
    assert_eq!(writes(&world.plan().await), ["update hunter/top", "close hunter/sunset/two"]);
    world.edit_at(&elsewhere, Edit::Close);
    let plan = world.plan().await;
    assert_eq!(change(&plan, "part/two").action, epictree::plan::Action::Close);
}

#[tokio::test]
async fn an_item_that_people_put_into_another_group_is_followed() {
    let world = World::new(TOOL).await;
    world.settle().await;
    world.edit("part/one/a", Edit::Move { to_namespace: "far/p".into() });
    let plan = world.plan().await;
    assert_eq!(plan.summary().create, 0, "{plan:#?}");
    let reference = change(&plan, "part/one/a").reference.clone().unwrap();
    assert_eq!(reference.namespace, "far/p");
}
