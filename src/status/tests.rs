use super::*;
use crate::tree::{By, DesiredMeasure, InFlight, Kind, Label, LinkKind, Parent, Part, WorkItemId};

/// A tool in a few lines, one an item: `[x] key <parent ^blocker =weight made..closed +label @who`.
/// `[ ]` is open, `[x]` closed, `[-]` not in GitLab, `[~]` given up.
fn tool(lines: &str) -> (DesiredTree, ObservedTree) {
    let mut observed = ObservedTree::default();
    let mut nodes = Vec::new();
    for (number, line) in (1..).zip(lines.trim().lines().map(str::trim)) {
        let (sign, rest) = line.split_at(3);
        let mut words = rest.split_whitespace();
        let key = key(words.next().unwrap());
        let mut node = DesiredNode {
            key: key.clone(),
            kind: Kind::Issue,
            parent: Parent::None,
            namespace: "g/p".into(),
            item: None,
            title: format!("wanted {}", key.local()),
            body: Default::default(),
            labels: crate::tree::DesiredLabels::default(),
            weight: None,
            milestone: None,
            assignees: Some(vec!["dri".into()]),
            start: None,
            due: None,
            confidential: None,
            depends_on: Vec::new(),
            was: Vec::new(),
            enforce_parent: false,
            creates: sign != "[~]",
            close_when_fulfilled: false,
            rewrite: true,
        };
        let mut item = Item {
            id: WorkItemId::from_number(number),
            reference: Reference::parse(&format!("g/p#{number}")).unwrap(),
            url: format!("https://x.example/{number}"),
            kind: Some(Kind::Issue),
            title: format!("{} here", key.local()),
            description: format!("- [x] one of {}\n- [ ] two\n", key.local()),
            open: sign != "[x]",
            created: None,
            closed: None,
            confidential: false,
            labels: Vec::new(),
            parent: None,
            weight: None,
            milestone: None,
            assignees: vec!["dri".into()],
            start: None,
            due: None,
            below: None,
            lock_version: 0,
            moved_to: None,
            links: Vec::new(),
            author: "bot".into(),
            can_update: true,
        };
        for word in words {
            let (first, rest) = word.split_at(1);
            match first {
                "<" => node.parent = Parent::Node(self::key(rest)),
                "^" => node.depends_on.push(self::key(rest)),
                "=" => item.weight = rest.parse().ok(),
                "+" => item.labels.push(Label { id: rest.into(), title: rest.into() }),
                "@" => item.assignees.push(rest.into()),
                "!" => {
                    let to = rest.parse().ok().map(WorkItemId::from_number);
                    let open = true;
                    item.links.push(crate::tree::Link { kind: LinkKind::BlockedBy, to, open });
                }
                _ => {
                    let (made, closed) = word.split_once("..").unwrap();
                    item.created = Some(day(made.parse().unwrap()));
                    item.closed = closed.parse().ok().map(day);
                }
            }
        }
        if sign != "[-]" {
            observed.items.insert(key, item);
        }
        nodes.push(node);
    }
    let desired = DesiredTree {
        tool: "t".into(),
        name: "T".into(),
        summary: String::new(),
        file: "t.toml".into(),
        nodes,
        rows: Vec::new(),
        comments: Vec::new(),
        labels: Vec::new(),
        related: None,
        measures: Vec::new(),
    };
    (desired, observed)
}

fn key(local: &str) -> NodeKey {
    NodeKey::of("t", local).unwrap()
}

/// A day of March 2027.
fn day(number: i8) -> Date {
    jiff::civil::date(2027, 3, number)
}

/// A measure of all nodes but the first; those that will not be made are given up.
fn measure(desired: &DesiredTree) -> DesiredMeasure {
    let part = |node: &DesiredNode| Part {
        key: node.key.clone(),
        dropped: !node.creates,
        word: node.key.local().split('-').next().map(str::to_owned),
    };
    DesiredMeasure {
        id: "m".into(),
        title: "M".into(),
        parts: desired.nodes.iter().skip(1).map(part).collect(),
        by: None,
        boxes: false,
        next: false,
        date: None,
        blocked: Vec::new(),
        in_flight: None,
        at_least: None,
    }
}

/// What a tool comes to on 15 March 2027 by a measure that `change` has made.
fn counted(lines: &str, change: impl Fn(&mut DesiredMeasure)) -> ToolStatus {
    let (mut desired, observed) = tool(lines);
    let mut measure = measure(&desired);
    change(&mut measure);
    desired.measures.push(measure);
    status("x", [(&desired, &observed)], day(15)).tools.remove(0)
}

#[test]
fn a_part_is_done_given_up_blocked_open_or_missing() {
    let tool = counted(
        "[ ] top\n[x] a\n[~] b\n[ ] c ^a\n[ ] d ^c\n[ ] e ^f\n[-] f\n[ ] g !99\n[ ] h ^b !3",
        |_| {},
    );
    let states: Vec<State> = tool.measures[0].parts.iter().map(|part| part.state).collect();
    use State::{Blocked, Done, Dropped, Missing, Open};
    // `c` waits for what is done, `d` for what is open, `e` for what is not made yet, `g` for
    // something elsewhere, and `h` for what was given up.
    assert_eq!(states, [Done, Dropped, Open, Blocked, Blocked, Missing, Blocked, Open]);
    let counts = tool.measures[0].sum.counts;
    assert_eq!(counts, Counts { total: 8, done: 1, dropped: 1, blocked: 3, open: 2, missing: 1 });
    assert_eq!(tool.measures[0].parts[0].title, "a here");
    assert_eq!(tool.measures[0].parts[5].title, "wanted f");
}

#[test]
fn a_label_may_say_that_an_open_part_is_blocked() {
    let tool = counted("[ ] top\n[ ] a +stuck\n[x] b +stuck\n[ ] c +other", |measure| {
        measure.blocked = vec!["stuck".into()];
    });
    let states: Vec<State> = tool.measures[0].parts.iter().map(|part| part.state).collect();
    assert_eq!(states, [State::Blocked, State::Done, State::Open]);
}

#[test]
fn weights_are_those_of_the_parts_and_of_all_below_each_once() {
    let lines = "[ ] top =100\n[ ] a =1\n[x] b <a =2\n[ ] c <b =3\n[~] d =50\n[x] e <d =60\n[-] f";
    let tool = counted(lines, |measure| measure.parts.retain(|part| part.key != key("c")));
    // `e` is a part of its own.
    assert_eq!(tool.measures[0].sum.weight, Some(Share { done: 62, total: 66 }));
    let without = counted("[ ] top =9\n[ ] a\n[~] d =50", |_| {});
    assert_eq!(without.measures[0].sum.weight, None);
}

#[test]
fn boxes_count_where_they_shall_and_those_of_a_closed_item_are_done_with() {
    let lines = "[ ] top\n[ ] a\n[x] b\n[~] c\n[-] d";
    assert_eq!(counted(lines, |_| {}).measures[0].sum.boxes, None);
    let tool = counted(lines, |measure| measure.boxes = true);
    assert_eq!(tool.measures[0].sum.boxes, Some(Share { done: 3, total: 4 }));
}

#[test]
fn words_are_counted_in_the_blueprints_order_without_what_was_given_up() {
    let words = ["no", "yes", "maybe"].map(str::to_owned).to_vec();
    let tool = counted("[ ] top\n[ ] yes-a\n[x] yes-b\n[~] yes-c\n[ ] no-d", |measure| {
        measure.by = Some(By { field: "owner".into(), words: words.clone() });
    });
    let by = tool.measures[0].sum.by.clone().unwrap();
    let counts: Vec<_> = by.counts.iter().map(|count| (count.word.as_str(), count.parts)).collect();
    assert_eq!(counts, [("no", 1), ("yes", 2), ("maybe", 0)]);
}

fn next_of(lines: &str) -> (Vec<(String, usize, bool)>, usize) {
    let tool = counted(lines, |measure| measure.next = true);
    let measure = &tool.measures[0];
    let one = |next: &Next| (next.key.local().to_owned(), next.waiting, next.blocked);
    (measure.next.iter().map(one).collect(), measure.next_more)
}

#[test]
fn next_is_what_others_wait_for_in_order() {
    let (next, more) = next_of("[ ] top\n[ ] a\n[ ] b\n[x] c\n[ ] d ^b ^c\n[ ] e ^d ^b");
    assert_eq!((next, more), (vec![("b".into(), 2, false)], 0));
}

#[test]
fn next_is_whatever_is_open_where_nothing_waits_and_the_rest_is_counted() {
    let (next, more) = next_of("[ ] top\n[x] z\n[ ] a\n[ ] b\n[ ] c\n[ ] d\n[-] e");
    let named: Vec<&str> = next.iter().map(|(key, ..)| key.as_str()).collect();
    assert_eq!((named, more), (vec!["a", "b", "c"], 1));
}

#[test]
fn next_counts_links_that_people_made() {
    let (next, _) = next_of("[ ] top\n[ ] a\n[ ] b\n[ ] c !3");
    assert_eq!(next, [("b".into(), 1, false)]);
}

#[test]
fn next_is_what_something_elsewhere_blocks_if_all_that_is_open_waits() {
    let (next, _) = next_of("[ ] top\n[ ] a !99\n[ ] b ^a");
    let named: Vec<(&str, bool)> = next.iter().map(|(key, _, b)| (key.as_str(), *b)).collect();
    assert_eq!(named, [("a", true), ("b", true)]);
    assert_eq!(next_of("[ ] top\n[x] a\n[~] b\n[-] c"), (vec![], 0));
}

#[test]
fn work_in_flight_is_open_has_a_label_that_says_so_and_holds_no_other_work() {
    let lines = "[ ] top\n[ ] a +dev\n[ ] b <a +dev\n[x] c +dev\n[ ] d +review\n[ ] e +idea\n[-] f";
    let labels = InFlight::Labels(vec!["dev".into(), "review".into()]);
    let tool = counted(lines, |measure| {
        measure.in_flight = Some(labels.clone());
        measure.at_least = Some(3);
    });
    let flying = tool.measures[0].parts.iter().filter(|part| part.in_flight);
    assert_eq!(flying.map(|part| part.key.local()).collect::<Vec<_>>(), ["b", "d"]);
    assert!(tool.measures[0].sum.lacks());
}

#[test]
fn work_is_in_flight_by_an_assignee_only_if_people_chose_them() {
    let tool = counted("[ ] top\n[ ] a\n[ ] b @ana\n[x] c @ana", |measure| {
        measure.in_flight = Some(InFlight::Assigned);
        measure.at_least = Some(1);
    });
    assert_eq!(tool.measures[0].sum.in_flight, Some(1));
    assert!(!tool.measures[0].sum.lacks());
}

#[test]
fn days_are_counted_to_the_date_and_past_it() {
    let due =
        |date: Date| counted("[ ] top\n[ ] a", |measure| measure.date = Some(date)).measures[0].due;
    for (date, days) in
        [(day(15), 0), (day(16), 1), (day(1), -14), (jiff::civil::date(2028, 3, 15), 366)]
    {
        assert_eq!(due(date), Some(Due { day: date, days }));
    }
}

#[test]
fn the_burndown_begins_with_the_first_item_and_ends_today() {
    let tool =
        counted("[ ] top 5..\n[x] a 1..2\n[x] b 5..9\n[ ] c 9..\n[ ] d 20..\n[x] e 5..20", |_| {});
    let points: Vec<_> = tool.burndown.iter().map(|p| (p.day.day(), p.open, p.total)).collect();
    assert_eq!(points, [(5, 3, 4), (9, 3, 5), (15, 3, 5)]);
    assert_eq!(counted("[ ] top\n[ ] a 1..", |_| {}).burndown, []);
    assert_eq!(counted("[ ] top 20..\n[ ] a 1..", |_| {}).burndown, []);
}

#[test]
fn a_tool_that_is_not_in_gitlab_has_no_numbers() {
    let tool = counted("[-] top\n[-] a", |_| {});
    assert_eq!((tool.item, tool.measures, tool.burndown), (None, vec![], vec![]));
}

#[test]
fn measures_of_one_id_add_up_over_a_fleet() {
    let with = |lines: &str, id: &str| {
        let (mut desired, observed) = tool(lines);
        let words = vec!["a".to_owned()];
        let by = Some(By { field: "f".into(), words });
        desired.measures = vec![DesiredMeasure {
            id: id.into(),
            by,
            boxes: true,
            in_flight: Some(InFlight::Assigned),
            at_least: Some(1),
            ..measure(&desired)
        }];
        (desired, observed)
    };
    let tools = [
        with("[ ] top\n[x] a =2\n[ ] b", "m"),
        with("[ ] top\n[ ] a =3 @ana", "m"),
        with("[ ] top\n[ ] a", "n"),
    ];
    let status = status("x", tools.iter().map(|(desired, observed)| (desired, observed)), day(15));
    let ids: Vec<&str> = status.measures.iter().map(|sum| sum.id.as_str()).collect();
    assert_eq!(ids, ["m", "n"]);
    let sum = &status.measures[0];
    assert_eq!((sum.counts.total, sum.counts.done, sum.counts.open), (3, 1, 2));
    assert_eq!(sum.weight, Some(Share { done: 2, total: 5 }));
    assert_eq!(sum.boxes, Some(Share { done: 4, total: 6 }));
    assert_eq!(sum.by.as_ref().unwrap().counts, [WordCount { word: "a".into(), parts: 2 }]);
    // One tool is enough for the fleet.
    assert_eq!((sum.in_flight, sum.lacks()), (Some(1), false));
}
