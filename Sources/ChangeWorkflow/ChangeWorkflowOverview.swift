// ChangeWorkflow: The use-cases (check, render, plan, approve, apply, resume, reconcile): what CLI, web and library users call.
