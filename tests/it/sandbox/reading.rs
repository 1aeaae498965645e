//! Reading, limits, callers.

use super::*;

fn reply(sandbox: &Sandbox, token: Option<&str>, body: &Value) -> (u16, Value) {
    let reply = sandbox.execute(token, body.to_string().as_bytes());
    (reply.status, serde_json::from_str(&reply.body).unwrap_or(Value::Null))
}

#[test]
fn everything_in_the_schema_can_be_read() {
    let sandbox = sandbox();
    let epic = made(&create_epic(&sandbox, "x", under(&sandbox, "acme/security&291")));
    link(&sandbox, &epic, "BLOCKS", &made(&create_issue(&sandbox, "y", json!({}))));
    let document = "{
      metadata { version revision enterprise }
      currentUser { id username name bot webUrl }
      queryComplexity { score limit }
      namespace(fullPath: \"acme/security\") {
        id fullPath fullName name path description visibility webUrl
        availableFeatures { hasEpicsFeature hasSubepicsFeature hasScopedLabelsFeature
          hasBlockedIssuesFeature hasIssueWeightsFeature hasIssuableHealthStatusFeature }
        userPermissions { createEpic createWorkItem adminLabel adminIssue importWorkItems
          readNamespace setNewWorkItemMetadata }
        workItem(iid: \"292\") {
          id iid title name description state confidential lockVersion createdAt updatedAt closedAt
          author { username } namespace { fullPath } project { fullPath } reference webPath webUrl
          movedToWorkItemUrl promotedToEpicUrl duplicatedToWorkItemUrl userDiscussionsCount
          userPermissions { updateWorkItem adminParentLink createNote readWorkItem }
          workItemType { id name iconName }
          widgets {
            type
            ... on WorkItemWidgetHierarchy { parent { iid } ancestors { nodes { iid } } }
            ... on WorkItemWidgetDescription { edited lastEditedAt lastEditedBy { username }
              taskCompletionStatus { count completedCount } }
            ... on WorkItemWidgetWeight { weight rolledUpWeight }
            ... on WorkItemWidgetHealthStatus { healthStatus }
            ... on WorkItemWidgetMilestone { milestone { title } }
            ... on WorkItemWidgetStartAndDueDate { startDate dueDate isFixed rollUp }
          }
        }
      }
    }";
    let answer = sandbox.query(document, json!({}));
    assert_eq!(answer.get("errors"), None, "{answer}");
    let item = &answer["data"]["namespace"]["workItem"];
    assert_eq!(item["webUrl"], "http://sandbox.test/groups/acme/security/-/epics/292");
    assert_eq!(item["createdAt"], "2026-01-05T09:00:01Z");
    assert_eq!(item["project"], Value::Null);
    let types =
        "{ namespace(fullPath: \"acme/security\") { workItemTypes { nodes { id name iconName
      widgetDefinitions { type
        ... on WorkItemWidgetDefinitionHierarchy { allowedChildTypes { nodes { name } } }
        ... on WorkItemWidgetDefinitionLabels { allowsScopedLabels } } } } } }";
    let answer = sandbox.query(types, json!({}));
    let epic = &answer["data"]["namespace"]["workItemTypes"]["nodes"][3];
    assert_eq!((&epic["name"], &epic["id"]), (&json!("Epic"), &json!(type_id(8))));
    let links = "{ workItemsByReference(refs: [\"&292\", \"acme/security/tools#1\", \"&9\"],
      contextNamespacePath: \"acme/security\") { count nodes { iid
      widgets(onlyTypes: [LINKED_ITEMS]) { ... on WorkItemWidgetLinkedItems { blocked
        linkedItems { nodes { linkType linkId workItemState workItem { iid } } } } } } } }";
    let found = &sandbox.query(links, json!({}))["data"]["workItemsByReference"];
    assert_eq!(found["count"], 2);
    assert_eq!(found["nodes"][1]["widgets"][0]["blocked"], true);
}

/// Selects the scalars of a type, and of what it holds down to `depth`.
fn selection(schema: &Schema, type_name: &str, depth: usize) -> String {
    let fields = match &schema.types[type_name] {
        ExtendedType::Object(object) => &object.fields,
        ExtendedType::Interface(interface) => &interface.fields,
        _ => return String::new(),
    };
    let mut text = "{ __typename".to_owned();
    for (name, field) in fields {
        let inner = field.ty.inner_named_type().as_str();
        let composite = schema.types[inner].is_object() || schema.types[inner].is_interface();
        if field.arguments.iter().any(|argument| argument.is_required()) || composite && depth == 0
        {
            continue;
        }
        let inner = if composite {
            selection(schema, inner, if inner == "WorkItem" { 0 } else { depth - 1 })
        } else {
            String::new()
        };
        text.push_str(&format!(" {name} {inner}"));
    }
    text + " }"
}

#[test]
fn every_field_of_the_schema_has_an_answer() {
    let sandbox = sandbox();
    let epic = made(&create_epic(&sandbox, "x", under(&sandbox, "acme/security&291")));
    let labels = [label_id(&sandbox, "acme/security", "common")];
    update(&sandbox, &epic, json!({ "labelsWidget": { "addLabelIds": labels } }));
    sandbox.edit("alice", &epic, Edit::Comment("hello".to_owned())).unwrap();
    sandbox.edit("alice", &epic, Edit::Milestone(Some("18.4".to_owned()))).unwrap();
    sandbox.edit("alice", &epic, Edit::Assignees(vec!["bob".to_owned()])).unwrap();
    link(&sandbox, &epic, "BLOCKS", &made(&create_issue(&sandbox, "y", json!({}))));
    let schema = Schema::parse_and_validate(epictree::sandbox::SDL, "schema.graphql").unwrap();
    let item = format!("workItem(id: \"{}\")", id(&sandbox, &epic));
    let mut documents = Vec::new();
    for (root, path) in [
        ("Query", String::new()),
        ("Namespace", "namespace(fullPath: \"acme/security\")".to_owned()),
        ("Group", "group(fullPath: \"acme/security\")".to_owned()),
        ("Project", "project(fullPath: \"acme/security/tools\")".to_owned()),
        ("WorkItem", item.clone()),
    ] {
        for (name, field) in &schema.get_object(root).unwrap().fields {
            let inner = field.ty.inner_named_type().as_str();
            if field.arguments.iter().any(|argument| argument.is_required()) || root == "Mutation" {
                continue;
            }
            let text = format!("{name} {}", selection(&schema, inner, 2));
            documents.push(if path.is_empty() { text } else { format!("{path} {{ {text} }}") });
        }
    }
    for (name, definition) in &schema.types {
        let Some(object) = definition.as_object() else {
            continue;
        };
        let widget = |interface: &str| object.implements_interfaces.contains(interface);
        let fragment = format!("... on {name} {}", selection(&schema, name, 3));
        if widget("WorkItemWidget") {
            documents.push(format!("{item} {{ widgets {{ {fragment} }} }}"));
        } else if widget("WorkItemWidgetDefinition") {
            documents.push(format!(
                "{item} {{ workItemType {{ widgetDefinitions {{ {fragment} }} }} }}"
            ));
        }
    }
    assert!(documents.len() > 50);
    for document in documents {
        let answer = sandbox.query(&format!("{{ {document} }}"), json!({}));
        assert_eq!(answer.get("errors"), None, "{document}\n{answer}");
    }
}

#[test]
fn a_community_build_does_not_know_enterprise_names() {
    let document =
        "{ namespace(fullPath: \"acme\") { userPermissions { adminLabel createEpic } } }";
    assert!(sandbox().query(document, json!({})).get("errors").is_none());
    let answer = with_edition(Edition::community()).query(document, json!({}));
    assert_eq!(answer.get("data"), None);
    assert_eq!(
        top_error(&answer),
        "Field 'createEpic' doesn't exist on type 'NamespacePermissions'"
    );
}

#[test]
fn at_most_five_validation_errors_are_reported() {
    let answer = sandbox().query("{ a b c d e f g }", json!({}));
    assert_eq!(answer["errors"].as_array().unwrap().len(), 5);
}

#[test]
fn variables_must_have_the_declared_types() {
    let wrong = "query($path: String!) { group(fullPath: $path) { id } }";
    let answer = sandbox().query(wrong, json!({ "path": "acme" }));
    assert!(answer.get("data").is_none());
    let right = "query($path: ID!) { group(fullPath: $path) { id } }";
    assert!(sandbox().query(right, json!({})).get("data").is_none());
    let (status, _) = reply(&sandbox(), None, &json!({ "query": right, "variables": 3 }));
    assert_eq!(status, 422);
}

#[test]
fn callers_are_told_apart_by_their_tokens() {
    let sandbox = sandbox();
    let who =
        json!({ "query": "{ currentUser { username bot } group(fullPath: \"acme\") { id } }" });
    let (_, bot) = reply(&sandbox, Some("sandbox"), &who);
    assert_eq!(bot["data"]["currentUser"], json!({ "username": "sandbox-bot", "bot": true }));
    let (_, alice) = reply(&sandbox, Some("as:alice"), &who);
    assert_eq!(alice["data"]["currentUser"]["username"], "alice");
    let (status, nobody) = reply(&sandbox, None, &who);
    assert_eq!((status, &nobody["data"]), (200, &json!({ "currentUser": null, "group": null })));
    let unknown =
        "the sandbox knows no user `nobody`; among those it knows: sandbox-bot, alice, bob";
    let wrong = [("nonsense", "Invalid token"), ("as:nobody", unknown), ("", "Invalid token")];
    for (token, message) in wrong {
        let (status, refused) = reply(&sandbox, Some(token), &who);
        assert_eq!((status, refused), (401, json!({ "errors": [{ "message": message }] })));
    }
}

#[test]
fn anonymous_mutations_find_nothing() {
    let input = json!({
        "namespacePath": "acme", "workItemTypeId": type_id(8), "title": "x",
    });
    let body = json!({ "query": CREATE, "variables": { "input": input } });
    let (_, answer) = reply(&sandbox(), None, &body);
    assert_eq!(top_error(&answer), UNAVAILABLE);
}

#[test]
fn read_only_and_hidden_places_refuse_alike() {
    let seed = Seed {
        read_only: vec!["acme/security".to_owned()],
        hidden: vec!["acme/other".to_owned()],
        ..seed()
    };
    let sandbox = Sandbox::in_memory(&seed).unwrap();
    assert_eq!(top_error(&create_epic(&sandbox, "x", json!({}))), UNAVAILABLE);
    let answer = update(&sandbox, "acme/security&291", json!({ "title": "x" }));
    assert_eq!(top_error(&answer), UNAVAILABLE);
    let document = "{ a: namespace(fullPath: \"acme/other\") { id }
      b: namespace(fullPath: \"acme/security\") { userPermissions { createEpic readNamespace } } }";
    assert_eq!(
        sandbox.query(document, json!({}))["data"],
        json!({ "a": null, "b": { "userPermissions": { "createEpic": false, "readNamespace": true } } })
    );
}

#[test]
fn too_long_query_texts_are_refused_over_a_whole_batch() {
    let long = format!("{{ currentUser {{ id }} }} # {}", "x".repeat(5_000));
    let one = json!({ "query": long });
    assert_eq!(reply(&sandbox(), Some("sandbox"), &one).0, 200);
    let (status, answer) = reply(&sandbox(), Some("sandbox"), &json!([one, one]));
    assert_eq!((status, top_error(&answer)), (422, "Query too large"));
}

#[test]
fn a_batch_answers_in_order() {
    let batch = json!([{ "query": "{ currentUser { bot } }" }, { "query": "{ nonsense }" }]);
    let (_, answers) = reply(&sandbox(), Some("sandbox"), &batch);
    assert_eq!(answers[0]["data"]["currentUser"]["bot"], true);
    assert!(answers[1]["errors"].is_array());
}

fn score(document: &str) -> Value {
    let answer = sandbox().query(document, json!({}));
    answer["data"]["queryComplexity"]["score"].clone()
}

#[test]
fn complexity_counts_as_gitlab_does() {
    assert_eq!(score("{ queryComplexity { score } }"), 2);
    // 2, and (1 + nodes 1 + id 1 + namespace) with pages doubling: 1 + 2 * 3.
    let page = |arguments: &str| {
        format!(
            "{{ queryComplexity {{ score }}
               namespace(fullPath: \"acme\") {{ workItems{arguments} {{ nodes {{ id }} }} }} }}"
        )
    };
    assert_eq!(score(&page("")), 2 + 1 + 6);
    assert_eq!(score(&page("(first: 1)")), 2 + 1 + 3);
    assert_eq!(score(&page("(iids: [\"1\"])")), 2 + 1 + 3);
    assert_eq!(score(&page("(search: \"abc\", sort: CREATED_ASC)")), 2 + 1 + 18);
}

#[test]
fn exclusive_fragments_cost_as_much_as_the_dearest() {
    let document = "{ queryComplexity { score } workItem(id: \"gid://gitlab/WorkItem/5001\") {
      widgets { type
        ... on WorkItemWidgetWeight { weight }
        ... on WorkItemWidgetStartAndDueDate { startDate dueDate isFixed } } } }";
    assert_eq!(score(document), 2 + 1 + 1 + 3);
}

#[test]
fn too_complex_and_too_deep_queries_are_refused() {
    let sandbox = sandbox();
    let mut document = "id".to_owned();
    for _ in 0..7 {
        document = format!(
            "widgets {{ ... on WorkItemWidgetHierarchy {{ children {{ nodes {{ {document} }} }} }} }}"
        );
    }
    let document = format!("{{ workItem(id: \"gid://gitlab/WorkItem/5001\") {{ {document} }} }}");
    let answer = sandbox.query(&document, json!({}));
    assert!(top_error(&answer).ends_with("which exceeds max complexity of 250"), "{answer}");
    let mut deep = "id".to_owned();
    for _ in 0..11 {
        deep = format!("widgets {{ ... on WorkItemWidgetHierarchy {{ parent {{ {deep} }} }} }}");
    }
    let deep = format!("{{ workItem(id: \"gid://gitlab/WorkItem/5001\") {{ {deep} }} }}");
    let answer = sandbox.query(&deep, json!({}));
    assert!(top_error(&answer).ends_with("which exceeds max depth of 20"), "{answer}");
}

#[test]
fn pages_hold_a_hundred_and_go_on_with_a_cursor() {
    let sandbox = sandbox();
    for number in 0..104 {
        create_issue(&sandbox, &format!("i{number}"), json!({}));
    }
    let document = "query($after: String) { namespace(fullPath: \"acme/security/tools\") {
      workItems(first: 500, after: $after, sort: CREATED_ASC) {
        count nodes { iid } pageInfo { hasNextPage endCursor } } } }";
    let page = |after: Value| {
        let answer = sandbox.query(document, json!({ "after": after }));
        answer["data"]["namespace"]["workItems"].clone()
    };
    let first = page(Value::Null);
    assert_eq!(first["nodes"].as_array().unwrap().len(), 100);
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let second = page(first["pageInfo"]["endCursor"].clone());
    assert_eq!(second["nodes"][0]["iid"], "101");
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    assert_eq!(second["count"], 104);
}

fn found(sandbox: &Sandbox, path: &str, search: &str) -> Vec<String> {
    let document = "query($path: ID!, $search: String) { namespace(fullPath: $path) {
      workItems(search: $search, includeDescendants: true) { nodes { title } } } }";
    let answer = sandbox.query(document, json!({ "path": path, "search": search }));
    let nodes = answer["data"]["namespace"]["workItems"]["nodes"].as_array().unwrap().clone();
    nodes.iter().map(|node| node["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_group_search_sees_comments_and_a_project_search_does_not() {
    let sandbox = sandbox();
    let text = json!({ "descriptionWidget": { "description": "Words\n\n<!--tool:1 a-b c-->" } });
    create_issue(&sandbox, "hit", text);
    assert_eq!(found(&sandbox, "acme", "\"tool:1 a-b c\""), ["hit"]);
    assert_eq!(found(&sandbox, "acme", "c-- words"), ["hit"]);
    assert!(found(&sandbox, "acme", "\"words tool\"").is_empty());
    assert!(found(&sandbox, "acme/security/tools", "\"tool:1 a-b c\"").is_empty());
    assert_eq!(found(&sandbox, "acme/security/tools", "words"), ["hit"]);
}

#[test]
fn filters_narrow_the_list_of_items() {
    let sandbox = sandbox();
    let epic = made(&create_epic(&sandbox, "child", under(&sandbox, "acme/security&291")));
    update(&sandbox, &epic, json!({ "stateEvent": "CLOSE" }));
    create_issue(&sandbox, "issue", json!({}));
    let titles = |arguments: &str| {
        let document = format!(
            "{{ namespace(fullPath: \"acme\") {{
               workItems(includeDescendants: true, {arguments}) {{ nodes {{ title }} }} }} }}"
        );
        let answer = sandbox.query(&document, json!({}));
        let nodes = answer["data"]["namespace"]["workItems"]["nodes"].as_array().unwrap().clone();
        nodes.iter().map(|node| node["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles("first: 9"), ["issue", "child", "Root"]);
    assert_eq!(titles("types: [EPIC], sort: CREATED_ASC"), ["Root", "child"]);
    assert_eq!(titles("state: closed"), ["child"]);
    assert_eq!(titles("labelName: [\"common\"]"), ["Root"]);
    assert_eq!(titles("parentIds: [\"gid://gitlab/WorkItem/5001\"]"), ["child"]);
    assert_eq!(titles("ids: [\"gid://gitlab/WorkItem/5002\"]"), ["child"]);
    assert_eq!(titles("authorUsername: \"alice\""), Vec::<String>::new());
}

#[test]
fn no_body_makes_it_panic() {
    let sandbox = sandbox();
    let deep = "{a".repeat(3_000);
    let nested = format!("{{\"query\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let lists = json!({ "query": format!("{{ users(ids: {}1{}) {{ count }} }}", "[".repeat(900), "]".repeat(900)) });
    let bodies = [
        "",
        "null",
        "[]",
        "{}",
        "[[]]",
        "3",
        "\"x\"",
        "{\"query\":3}",
        "{\"query\":\"{\"}",
        "{\"query\":\"fragment A on Query { ...A } { ...A }\"}",
        "{\"query\":\"query A { metadata { version } } query B { metadata { version } }\"}",
        "{\"query\":\"{ workItem(id: \\\"x\\\") { id } }\"}",
        "{\"query\":\"subscription { x }\"}",
        "\u{0}",
        "[{},{}]",
        "{\"query\":\"{ __schema { types { name } } }\",\"variables\":\"\"}",
        nested.as_str(),
        &lists.to_string(),
        &json!({ "query": deep }).to_string(),
    ];
    for body in bodies {
        let reply = sandbox.execute(Some("sandbox"), body.as_bytes());
        assert!(matches!(reply.status, 200 | 400 | 422), "{body}");
        serde_json::from_str::<Value>(&reply.body).unwrap();
    }
    let valid = json!({ "query": CREATE, "variables": { "input": { "title": "é" } } }).to_string();
    for end in 0..valid.len() {
        sandbox.execute(Some("sandbox"), &valid.as_bytes()[..end]);
        let mut broken = valid.clone().into_bytes();
        broken[end] ^= 0x15;
        sandbox.execute(Some("sandbox"), &broken);
    }
}
