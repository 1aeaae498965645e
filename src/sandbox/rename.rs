//! A group or project that gets another path: renamed, or transferred with all that lies below it.
//! Must not know of items, which keep their numbers and whose references follow.
//!
//! The old path leads nowhere: GitLab's GraphQL finds groups and projects by their present routes
//! (`lib/gitlab/graphql/loaders/full_path_model_loader.rb`), redirects are for REST and browsers.

use super::error::SandboxError;
use super::handle::Sandbox;
use super::rules::{Draft, Refusal};
use super::store::{Id, Place};

impl Sandbox {
    /// Plays somebody who gives a group or project another full path.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), SandboxError> {
        let bot = self.state.config.seed.bot.clone();
        self.play(&bot, |draft| rename(draft, from, to))
    }
}

fn rename(draft: &mut Draft<'_>, from: &str, to: &str) -> Result<(), Refusal> {
    if draft.world.place_at(from).is_none() || draft.world.place_at(to).is_some() {
        return Err(Refusal::invalid(format!("{from} cannot become {to}")));
    }
    let new = |place: &Place| {
        let below = place.path.strip_prefix(from)?;
        (below.is_empty() || below.starts_with('/')).then(|| format!("{to}{below}"))
    };
    let places = draft.world.places.iter();
    let moved: Vec<(Id, String)> =
        places.filter_map(|(id, place)| Some((id, new(place)?))).collect();
    for (id, path) in moved {
        draft.world.places.get_mut(id).ok_or_else(Refusal::unavailable)?.path = path;
    }
    Ok(())
}
