//! The specs that the command carries.

use std::fmt;

use clap::ValueEnum;

/// An API that this crate has a spec of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    Kiwivm,
    VpsOrg,
    Cdnfly,
    Boardmate,
}

impl Name {
    /// The spec's file, as messages name it.
    pub fn file(self) -> &'static str {
        match self {
            Name::Kiwivm => "specs/kiwivm.yaml",
            Name::VpsOrg => "specs/vps-org.yaml",
            Name::Cdnfly => "specs/cdnfly.yaml",
            Name::Boardmate => "specs/boardmate.yaml",
        }
    }

    /// The spec as it was written.
    pub fn text(self) -> &'static str {
        match self {
            Name::Kiwivm => include_str!("../../../specs/kiwivm.yaml"),
            Name::VpsOrg => include_str!("../../../specs/vps-org.yaml"),
            Name::Cdnfly => include_str!("../../../specs/cdnfly.yaml"),
            Name::Boardmate => include_str!("../../../specs/boardmate.yaml"),
        }
    }
}

/// The name on the command line, such as `vps-org`.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}
