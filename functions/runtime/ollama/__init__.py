"""Speak to an Ollama server. Nothing here is imported before somebody writes an answer."""
