// CLIDialogue: The conversation with a vendor CLI (prompts, pagers, modes, echo) as a machine; no sockets.
