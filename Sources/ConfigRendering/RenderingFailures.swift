internal import Diagnostics
internal import JinjaTemplates

/// What is wrong with one device's rendering.
struct RenderingFailures: Error {
    struct Failure {
        /// With the values at hand, which tell of this device.
        var finding: Finding
        /// The same without them.
        var common: Finding
    }
    private(set) var all: [Failure] = []
    var isEmpty: Bool { all.isEmpty }

    init() {}
    init(_ findings: Findings) { add(findings) }

    mutating func add(_ findings: Findings) { all += findings.all.map { Failure(finding: $0, common: $0) } }

    mutating func add(_ error: TemplateError) {
        var failure = Failure(finding: error.finding, common: error.finding(withValues: false))
        let file = TemplateSources.path(of: error.template)
        failure.finding.position?.file = file
        failure.common.position?.file = file
        all.append(failure)
    }
}

/// The failures of many devices: what is wrong at one place in the same way is said once, with the devices' names.
struct MergedFailures {
    /// What makes two findings the same: not the remedy, which may name what is near for one device only.
    private struct Key: Hashable {
        var code: String
        var position: SourcePosition?
        var what: String
    }
    private var order: [Key] = []
    private var found: [Key: [(device: String, failure: RenderingFailures.Failure)]] = [:]
    var isEmpty: Bool { order.isEmpty }

    mutating func add(_ failures: RenderingFailures, of device: String) {
        for failure in failures.all {
            let key = Key(code: failure.common.code, position: failure.common.position, what: failure.common.what)
            if found[key] == nil { order.append(key) }
            // The same template may serve several clauses of a device.
            if found[key]?.last?.device != device { found[key, default: []].append((device, failure)) }
        }
    }

    /// In the order in which they were added.
    var findings: Findings {
        Findings(
            order.compactMap { key in
                guard let all = found[key], let first = all.first else { return nil }
                if all.count == 1 {
                    var finding = first.failure.finding
                    finding.device = first.device
                    return finding
                }
                let isSame = all.allSatisfy { $0.failure.finding.what == first.failure.finding.what }
                var finding = isSame ? first.failure.finding : first.failure.common
                let names = all.map(\.device)
                finding.what += "; for " + names.prefix(5).joined(separator: ", ")
                if names.count > 5 { finding.what += " and \(names.count - 5) more" }
                return finding
            })
    }
}
