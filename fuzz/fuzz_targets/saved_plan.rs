//! A saved plan or snapshot of any bytes, and any content under a right checksum: what is read is
//! written as the same, and planned again without a panic.
#![no_main]

use epictree::plan::saved::{Document, SavedPlan, read, write};
use epictree::plan::snapshot::Snapshot;
use epictree_fuzz::planned;
use sha2::{Digest, Sha256};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    looked_at::<SavedPlan>(bytes);
    looked_at::<Snapshot>(bytes);
    if let Some(saved) = looked_at::<SavedPlan>(&sealed("plan", bytes)) {
        if let Ok(plan) = saved.plan() {
            planned(&plan);
        }
        if saved.snapshot.lacks(&saved.desired).is_empty() {
            let plan = saved.snapshot.plan(&saved.desired, &saved.options);
            planned(&plan);
        }
    }
    looked_at::<Snapshot>(&sealed("snapshot", bytes));
});

fn looked_at<T: Document + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> Option<T> {
    let (document, _) = read::<T>(bytes).ok()?;
    let (written, sum) = write(&document);
    let again = read::<T>(&written).expect("what was written is read");
    assert_eq!(again.1, sum);
    assert_eq!(again.0, document);
    Some(document)
}

/// A content under the checksum that belongs to it.
fn sealed(kind: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("{{\"epictree\":\"{kind}\",\"format\":1,");
    let mut hasher = Sha256::new();
    hasher.update(format!("{head}\"content\":"));
    hasher.update(content);
    hasher.update(b"}\n");
    let sum: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let head = format!("{head}\"sha256\":\"{sum}\",\"content\":");
    [head.as_bytes(), content, b"}\n"].concat()
}
