use super::*;

const CHART: &str = "flowchart LR
  a[\"One #60;b#62;\"]
  a & b-2 --> c{Choice?} -. perhaps .-> d(Round)
  c -->|yes| e & f;f===a
  a --> d %% over a layer
";

#[test]
fn a_flowchart_becomes_a_picture() {
    let svg = picture(CHART).unwrap();
    assert_eq!(svg.matches("class=\"step\"").count(), 6, "{svg}");
    assert_eq!(svg.matches("class=\"line").count(), 7, "{svg}");
    assert_eq!(svg.matches("class=\"head\"").count(), 6, "{svg}");
    assert!(svg.contains("One &lt;b&gt;") && svg.contains(">perhaps<"), "{svg}");
    assert_eq!(picture(CHART), picture(CHART));
}

#[test]
fn steps_stand_apart_and_behind_what_leads_to_them() {
    let chart = parse::parse(CHART).unwrap();
    let layout = layout::layout(&chart);
    for (n, (a, a_size)) in layout.boxes.iter().enumerate() {
        for (b, b_size) in &layout.boxes[n + 1..] {
            let apart = |a: f64, b: f64, sizes: f64| (a - b).abs() * 2.0 > sizes;
            let is = apart(a.x, b.x, a_size.x + b_size.x) || apart(a.y, b.y, a_size.y + b_size.y);
            assert!(is, "{layout:?}");
        }
        let low = |at: f64, size: f64| at - size / 2.0 >= 0.0;
        assert!(low(a.x, a_size.x) && low(a.y, a_size.y), "{layout:?}");
        assert!(a.x + a_size.x / 2.0 <= layout.size.x && a.y + a_size.y / 2.0 <= layout.size.y);
    }
    let x = |id: &str| layout.boxes[chart.nodes.iter().position(|node| node.id == id).unwrap()].0.x;
    assert!(x("a") < x("c") && x("b-2") < x("c") && x("c") < x("e"));
}

#[test]
fn what_is_no_flowchart_stays_text() {
    let many: String = (0..200).map(|n| format!("n{n} --> n{}\n", n + 1)).collect();
    let dense = format!("a{0} --> b{0}", " & c".repeat(400));
    let long = format!("a[{}]", "x".repeat(1000));
    for text in [
        "",
        "sequenceDiagram\n a->>b: c",
        "flowchart XX\n a",
        "flowchart LR",
        "flowchart LR\n subgraph x\n a\n end",
        "flowchart LR\n a[open",
        "flowchart LR\n a -->",
        "flowchart LR\n a b",
        "flowchart LR\n é-- x",
        &format!("flowchart LR\n{many}"),
        &format!("flowchart LR\n{dense}"),
        &format!("flowchart LR\n{long}"),
    ] {
        assert_eq!(picture(text), None, "{text}");
    }
}

#[test]
fn circles_end() {
    for text in
        ["a --> a", "a --> b --> a", "a <--> b & c --> a", "a --> b --> c --> a & b\nc --> c"]
    {
        let svg = picture(&format!("graph TD\n{text}")).unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

#[test]
fn a_circle_runs_along_as_it_is_written() {
    let chart = parse::parse("graph TD\nA --> B --> C --> B\nA --> C").unwrap();
    let layout = layout::layout(&chart);
    let down: Vec<f64> = layout.boxes.iter().map(|(at, _)| at.y).collect();
    assert!(down[0] < down[1] && down[1] < down[2], "{down:?}");
}
