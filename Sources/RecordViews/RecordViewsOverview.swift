// RecordViews: Plans, records and compliance results for people: Markdown, HTML with drawings, JUnit, SARIF.
