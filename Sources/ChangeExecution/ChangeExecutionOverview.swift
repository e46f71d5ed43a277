// ChangeExecution: Carries out a plan: waves, the network-wide confirmed commit, journal, resume.
