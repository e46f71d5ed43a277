// AsBuiltCommands: Command definitions and views (text, JSON).
