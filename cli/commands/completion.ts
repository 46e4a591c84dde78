/** `tiercel completion`: completion for shells. */
import { command } from "../command.ts";
import { scriptFor } from "../completion.ts";
import { all } from "../help.ts";

export default command({
  meta: { name: "completion", description: "Print a completion script for bash, zsh or fish" },
  args: { shell: { type: "positional", description: "bash, zsh or fish" } },
  examples: [
    'eval "$(tiercel completion bash)"          # in ~/.bashrc',
    'eval "$(tiercel completion zsh)"           # in ~/.zshrc, after compinit',
    "tiercel completion fish > ~/.config/fish/completions/tiercel.fish",
  ],
  async does({ output, positionals }) {
    await output.bytes(scriptFor(positionals[0]!, await all()));
  },
});
