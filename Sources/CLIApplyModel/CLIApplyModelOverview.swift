// CLIApplyModel: What a device of a dialect would hold after typed commands; shares no diff code.
