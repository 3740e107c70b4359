//! `hosting-apis completions`: what makes a shell complete this command's words.

use clap::{Arg, Args, Command, CommandFactory};
use clap_complete::{Shell, generate};

use crate::FINE;
use crate::output::print;

/// Print completions for a shell.
///
/// Subcommands and options in every shell; in bash, zsh and fish also names of APIs and files.
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
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if arguments.shell == Shell::Fish {
        script += &fish_values(&command);
    }
    print(&script)?;
    Ok(FINE)
}

/// What may stand for the arguments of each subcommand, which the generator leaves out for fish.
fn fish_values(command: &Command) -> String {
    let mut script = String::new();
    for subcommand in command.get_subcommands() {
        let values = subcommand
            .get_positionals()
            .flat_map(Arg::get_possible_values);
        let values: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        if !values.is_empty() {
            script += &format!(
                "complete -c hosting-apis -n \"__fish_hosting_apis_using_subcommand {}\" -f -a \"{}\"\n",
                subcommand.get_name(),
                values.join(" ")
            );
        }
    }
    script
}
