internal import Diagnostics
internal import SourceDocuments
internal import StateChecks

/// What contract and specification say about each other, and about the files beside them.
struct ContractConsistency {
    private(set) var findings = Findings()

    init(_ specification: Specification, _ contract: Contract, _ texts: DocumentTexts) {
        let criteria = specification.acceptance.map(\.id)
        for clause in contract.configurations {
            for id in clause.satisfies where !criteria.contains(id) {
                unknownCriterion(id, "clause `\(clause.id)` satisfies", clause.devicesNode, criteria)
            }
            if !texts.exists(clause.source.path) {
                add(
                    "contract.template-missing",
                    "clause `\(clause.id)` needs \(clause.source.path), which does not exist",
                    clause.devicesNode, "write the template, or correct its name")
            }
        }
        let checks = contract.checksBefore + contract.checksAfter
        for check in checks {
            for id in check.proves where !criteria.contains(id) {
                unknownCriterion(id, "check `\(check.id)` proves", check.devices, criteria)
            }
        }
        let proved = Set(contract.checksAfter.flatMap(\.proves))
        for criterion in specification.acceptance where !proved.contains(criterion.id) {
            findings.add(
                Finding(
                    .warning, code: "contract.unproved",
                    what:
                        "no check after the change proves \(criterion.id) (\(criterion.statement)); it will stay open",
                    at: contract.devicesNode.position,
                    remedy: "add a check with `proves: \(criterion.id)` to checks.after in contract.yaml"))
        }
    }

    private mutating func unknownCriterion(
        _ id: String, _ subject: String, _ node: DocumentNode, _ criteria: [String]
    ) {
        let meant = ClosestWord.find(id, among: criteria).map { "did you mean `\($0)`? " } ?? ""
        add(
            "contract.unknown-criterion", "\(subject) `\(id)`, which spec.md does not have", node,
            meant + "Criteria: \(criteria.joined(separator: ", "))")
    }

    private mutating func add(_ code: String, _ what: String, _ node: DocumentNode, _ remedy: String) {
        findings.add(
            Finding(
                code: code, what: what, at: node.position, remedy: remedy,
                excerpt: node.source.excerpt(at: node.position)))
    }
}
