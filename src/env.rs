//! What a client can take from the environment.

use std::ffi::OsString;
use std::fs;

use tracing::warn;

use crate::error::Error;
use crate::secret::Secret;

/// The variables of one API, all with its prefix: `KIWIVM_API_KEY`, `KIWIVM_BASE_URL`.
#[doc(hidden)]
pub struct Environment<'a> {
    prefix: &'static str,
    lookup: &'a dyn Fn(&str) -> Option<OsString>,
}

impl<'a> Environment<'a> {
    /// `lookup` is [`std::env::var_os`], or a table in a test.
    pub(crate) fn new(prefix: &'static str, lookup: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Environment { prefix, lookup }
    }

    /// A value that needn't be set. Empty counts as unset, since shells make it easy to export
    /// an empty variable.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<String>, Error> {
        let name = format!("{}_{name}", self.prefix);
        match (self.lookup)(&name).filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) => match value.into_string() {
                Ok(value) => Ok(Some(value.trim().to_owned())),
                Err(_) => Err(Error::configuration(format!("{name} is not UTF-8 text"))),
            },
        }
    }

    /// A value that must be set.
    pub(crate) fn required(&self, name: &str) -> Result<String, Error> {
        self.optional(name)?
            .ok_or_else(|| Error::configuration(format!("{}_{name} is not set", self.prefix)))
    }

    /// Of several ways to give credentials, the one whose first variable is set.
    pub(crate) fn only_one_of<const N: usize>(
        &self,
        names: [&'static str; N],
    ) -> Result<&'static str, Error> {
        let set = |name: &&str| -> Result<bool, Error> {
            let file = format!("{name}_FILE");
            Ok(self.optional(name)?.is_some() || self.optional(&file)?.is_some())
        };
        let mut found = Vec::new();
        for name in names {
            if set(&name)? {
                found.push(name);
            }
        }
        let full = |names: &[&str]| -> Vec<String> {
            let names = names.iter();
            names
                .map(|name| format!("{}_{name}", self.prefix))
                .collect()
        };
        match found.as_slice() {
            [only] => Ok(only),
            [] => Err(Error::configuration(format!(
                "none of {} is set; set the one for the credentials that you have",
                full(&names).join(", ")
            ))),
            several => Err(Error::configuration(format!(
                "{} are set, which are different credentials; keep one",
                full(several).join(" and ")
            ))),
        }
    }

    /// A secret that must be set: by itself, or as the path of a file that holds it.
    pub(crate) fn secret(&self, name: &str) -> Result<Secret, Error> {
        let full = format!("{}_{name}", self.prefix);
        let path = self.optional(&format!("{name}_FILE"))?;
        match (self.optional(name)?, path) {
            (Some(secret), None) => Ok(secret.into()),
            (None, Some(path)) => read(&full, &path),
            (None, None) => Err(Error::configuration(format!(
                "{full} is not set; set it, or {full}_FILE to the path of a file that holds it"
            ))),
            (Some(_), Some(_)) => Err(Error::configuration(format!(
                "{full} and {full}_FILE are both set; keep one"
            ))),
        }
    }
}

/// The file's text without the line break that editors leave at its end.
fn read(name: &str, path: &str) -> Result<Secret, Error> {
    let text = fs::read_to_string(path).map_err(|e| {
        Error::configuration(format!("{name}_FILE: {path} can't be read")).caused_by(e)
    })?;
    if is_open(path) {
        warn!("{name}_FILE: every user of this machine may read {path}; chmod o-r keeps them out");
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::configuration(format!(
            "{name}_FILE: {path} is empty"
        )));
    }
    Ok(text.into())
}

/// Whether users other than the file's owner and its group may read it.
#[cfg(unix)]
fn is_open(path: &str) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0)
}

/// Elsewhere there is no such bit to ask for.
#[cfg(not(unix))]
fn is_open(_: &str) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn with<T>(variables: &[(&str, &str)], read: impl Fn(&Environment) -> T) -> T {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        };
        read(&Environment::new("TEST", &lookup))
    }

    #[test]
    fn a_secret_comes_from_its_variable_or_its_file() {
        let file = std::env::temp_dir().join(format!("hosting-apis-{}", std::process::id()));
        fs::write(&file, "from file\n").unwrap();
        let path = file.to_str().unwrap();
        let secret = |variables: &[(&str, &str)]| {
            with(variables, |env| {
                env.secret("KEY").map(|s| s.expose().to_owned())
            })
        };
        assert_eq!(secret(&[("TEST_KEY", "plain")]).unwrap(), "plain");
        assert_eq!(secret(&[("TEST_KEY_FILE", path)]).unwrap(), "from file");
        fs::write(&file, "\n").unwrap();
        assert!(
            secret(&[("TEST_KEY_FILE", path)])
                .unwrap_err()
                .to_string()
                .contains("is empty")
        );
        fs::remove_file(&file).unwrap();
        let missing = secret(&[("TEST_KEY_FILE", path)]).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::Configuration);
        assert!(missing.to_string().contains("can't be read"), "{missing}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_everybody_may_read_is_told_apart() {
        use std::os::unix::fs::PermissionsExt;

        let file = std::env::temp_dir().join(format!("hosting-apis-open-{}", std::process::id()));
        fs::write(&file, "secret").unwrap();
        let path = file.to_str().unwrap();
        for (mode, open) in [(0o600, false), (0o640, false), (0o644, true), (0o604, true)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_open(path), open, "{mode:o}");
        }
        fs::remove_file(&file).unwrap();
        assert!(!is_open(path));
    }

    #[test]
    fn of_several_ways_only_one_may_be_taken() {
        let only = |variables: &[(&str, &str)]| {
            let outcome = with(variables, |env| {
                env.only_one_of(["KEY", "TOKEN", "ACCOUNT"])
            });
            outcome.map_err(|error| {
                assert_eq!(error.kind(), ErrorKind::Configuration);
                error.to_string()
            })
        };
        let (key, token) = (("TEST_KEY", "k"), ("TEST_TOKEN", "seen?"));
        let (file, account) = (("TEST_TOKEN_FILE", "/nowhere"), ("TEST_ACCOUNT", "seen?"));
        assert_eq!(only(&[key]).unwrap(), "KEY");
        assert_eq!(only(&[account, ("TEST_KEY", "")]).unwrap(), "ACCOUNT");
        assert_eq!(only(&[file]).unwrap(), "TOKEN");
        assert_eq!(
            only(&[("TEST_PASSWORD", "seen?")]).unwrap_err(),
            "configuration: none of TEST_KEY, TEST_TOKEN, TEST_ACCOUNT is set; set the one for the \
             credentials that you have"
        );
        assert_eq!(
            only(&[account, token]).unwrap_err(),
            "configuration: TEST_TOKEN and TEST_ACCOUNT are set, which are different credentials; \
             keep one"
        );
        assert_eq!(
            only(&[key, file, account]).unwrap_err(),
            "configuration: TEST_KEY and TEST_TOKEN and TEST_ACCOUNT are set, which are different \
             credentials; keep one"
        );
    }

    #[test]
    fn a_missing_or_doubled_secret_says_what_to_do() {
        let error = |variables| with(variables, |env| env.secret("KEY").unwrap_err().to_string());
        assert_eq!(
            error(&[("TEST_KEY", "")]),
            "configuration: TEST_KEY is not set; set it, or TEST_KEY_FILE to the path of a file \
             that holds it"
        );
        assert_eq!(
            error(&[("TEST_KEY", "seen?"), ("TEST_KEY_FILE", "/nowhere")]),
            "configuration: TEST_KEY and TEST_KEY_FILE are both set; keep one"
        );
    }
}
