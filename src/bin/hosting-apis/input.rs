//! Which spec a subcommand is to read: one that the command carries, a file, or standard input.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::{fs, io};

use clap::ValueEnum;

use crate::apis::Name;

/// A spec as it was named on the command line.
#[derive(Clone, Debug)]
pub enum Input {
    Api(Name),
    File(PathBuf),
    Standard,
}

impl FromStr for Input {
    type Err = Infallible;

    /// The name of an API stands for its spec; a file of that name is `./kiwivm`.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match (text, Name::from_str(text, false)) {
            ("-", _) => Input::Standard,
            (_, Ok(api)) => Input::Api(api),
            _ => Input::File(text.into()),
        })
    }
}

impl Input {
    /// What messages call it, and its text.
    pub fn read(&self) -> Result<(String, String), String> {
        match self {
            Input::Api(api) => Ok((api.file().to_owned(), api.text().to_owned())),
            Input::File(path) => {
                let name = path.display().to_string();
                let text = fs::read_to_string(path).map_err(|e| format!("{name}: {e}"))?;
                Ok((name, text))
            }
            Input::Standard => {
                let text = io::read_to_string(io::stdin());
                let text = text.map_err(|e| format!("standard input: {e}"))?;
                Ok(("(standard input)".to_owned(), text))
            }
        }
    }
}
