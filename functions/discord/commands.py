"""The application commands, as Discord is told of them."""

from typing import Any

CHAT_INPUT = 1
MESSAGE = 3
SUBCOMMAND = 1
TEXT = 3
BOOLEAN = 5
FILE = 11
IN_SERVERS = {"contexts": [0], "integration_types": [0]}
# What Discord offers the command to by default; an administrator may change that, so it is
# checked again with every call.
MANAGE_GUILD = "32"

ASK: dict[str, Any] = {
    "name": "ask",
    "type": CHAT_INPUT,
    "description": "Ask this server's documents; the answer names its sources",
    "description_localizations": {
        "de": "Frage die Dokumente dieses Servers; die Antwort nennt ihre Quellen"
    },
    **IN_SERVERS,
    "options": [
        {
            "type": TEXT,
            "name": "question",
            "description": "What you want to know",
            "description_localizations": {"de": "Was du wissen willst"},
            "required": True,
            "min_length": 1,
            "max_length": 2000,
        },
        {
            "type": BOOLEAN,
            "name": "private",
            "description": "Only you see the answer",
            "description_localizations": {"de": "Nur du siehst die Antwort"},
        },
    ],
}

FORGET: dict[str, Any] = {
    "name": "forget",
    "type": CHAT_INPUT,
    "description": "Start anew: what you asked here before no longer counts",
    "description_localizations": {
        "de": "Neu beginnen: was du hier vorher gefragt hast, zählt nicht mehr"
    },
    **IN_SERVERS,
}

KB: dict[str, Any] = {
    "name": "kb",
    "type": CHAT_INPUT,
    "description": "Manage the documents that questions are answered from",
    "description_localizations": {
        "de": "Verwalte die Dokumente, aus denen Fragen beantwortet werden"
    },
    **IN_SERVERS,
    "default_member_permissions": MANAGE_GUILD,
    "options": [
        {
            "type": SUBCOMMAND,
            "name": "add",
            "description": "Add a file or a web page, or a new version of one that is there",
            "description_localizations": {
                "de": "Füge eine Datei oder Webseite hinzu oder eine neue Fassung davon"
            },
            "options": [
                {
                    "type": FILE,
                    "name": "file",
                    "description": "PDF, Word, slides, sheets, text, HTML or e-book, up to 25 MiB",
                    "description_localizations": {
                        "de": "PDF, Word, Folien, Tabellen, Text, HTML oder E-Book, bis 25 MiB"
                    },
                },
                {
                    "type": TEXT,
                    "name": "url",
                    "description": "Instead of a file: the address of a public page or sitemap",
                    "description_localizations": {
                        "de": "Statt einer Datei: Adresse einer öffentlichen Seite oder Sitemap"
                    },
                    "min_length": 1,
                    "max_length": 2000,
                },
                {
                    "type": TEXT,
                    "name": "title",
                    "description": "What to call it; replaces a document that is called the same",
                    "description_localizations": {
                        "de": "Wie es heißen soll; ersetzt ein Dokument, das schon so heißt"
                    },
                    "max_length": 200,
                },
            ],
        }
    ],
}

ADD_MESSAGE: dict[str, Any] = {
    "name": "Add to knowledge base",
    "type": MESSAGE,
    "name_localizations": {"de": "Zur Wissensbasis hinzufügen"},
    **IN_SERVERS,
    "default_member_permissions": MANAGE_GUILD,
}

COMMANDS: list[dict[str, Any]] = [ASK, FORGET, KB, ADD_MESSAGE]
