// CLIConfiguration: CLI-style configuration text as a tree per dialect: parse, print, diff, remediate.
