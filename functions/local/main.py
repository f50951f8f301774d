"""``lore``: the command line. Each command is imported when it is asked for."""

from importlib import import_module

import click

COMMANDS = {
    "ask": "Ask a question and print the answer with its sources.",
    "bench": "Measure this installation.",
    "broker": "Run the development broker on its own.",
    "discord": "Talk to Discord about this application.",
    "eval": "Measure how well questions find their answers.",
    "export": "Save every document of the knowledge base.",
    "ingest": "Add files, folders and web pages to the knowledge base.",
    "models": "See and fetch the models that Ollama has.",
    "migrate": "Bring the database to the newest schema.",
    "questions": "List the latest questions, and show how an answer came about.",
    "reindex": "Change the embedding model without a moment's silence.",
    "run": "Run the whole system on this machine.",
    "simulate": "Play Discord's part.",
}


class Commands(click.Group):
    """Lists every command from the table; imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"functions.local.commands.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing a single command."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Answer a Discord server's questions from its own documents, with citations."""
