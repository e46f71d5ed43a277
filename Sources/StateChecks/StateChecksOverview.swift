// StateChecks: Expectations over parsed device output: paths, typed operators, before/after, evidence. Pure.
