//! Who wins: the three-way rules, field by field.
//!
//! `base` is what the files wanted when a field was last settled, `gitlab` what
//! the item holds now, `spec` what the files want now. Nothing here knows of
//! items, plans or the wire.

pub mod labels;
pub mod scalar;
pub mod table;
pub mod text;

pub use scalar::OnConflict;
