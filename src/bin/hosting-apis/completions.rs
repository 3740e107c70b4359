//! `hosting-apis completions`: what makes a shell complete this command's words.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::FINE;
use crate::output::print;

/// Print completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hosting-apis completions bash > ~/.local/share/bash-completion/completions/hosting-apis
  hosting-apis completions zsh > \"${fpath[1]}/_hosting-apis\"
  hosting-apis completions fish > ~/.config/fish/completions/hosting-apis.fish
          Each for the user's new shells; bash needs the package bash-completion")]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let mut script = Vec::new();
    let mut command = crate::Arguments::command();
    generate(arguments.shell, &mut command, "hosting-apis", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(FINE)
}
