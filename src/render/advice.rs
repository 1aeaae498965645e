//! All that is advised against in one tool file.

use super::expand::Outline;
use super::{Engine, Scene, lints, near, secret};
use crate::problem::Problems;
use crate::tree::DesiredTree;

/// Gives the advice of the blueprint and of the engine; `tree` if nothing kept it from being made.
pub fn advise(
    scene: &Scene<'_>,
    outline: &Outline<'_>,
    tree: Option<&DesiredTree>,
    engine: &Engine,
    out: &mut Problems,
) {
    lints::lints(scene, outline, engine, out);
    near::labels(scene, out);
    if let Some(tree) = tree {
        secret::names(scene, tree, out);
    }
}
