internal import AsBuiltRecords
internal import Diagnostics

extension ComplianceReport {
    /// For people: one block a device, what is wrong, and the record or rule that says so.
    package var text: String {
        var text = ""
        for device in devices {
            let score = device.score.map { "\($0) % (\(device.grade))" } ?? "not judged"
            text += "\(device.device): \(device.isGreen ? "compliant" : "NOT compliant"), \(score), from \(device.source)\n"
            if let why = device.unreadable {
                text += "  could not be read: \(why)\n"
                continue
            }
            if device.isUnjudged { text += "  no rule applies and no record says anything: nothing was judged\n" }
            for drift in device.drift { text += Self.line(drift) }
            for rule in device.rules where !rule.passed {
                text += "  \(rule.severity.rawValue) \(rule.id) (group \(rule.group), \(rule.position))\n"
                for reason in rule.reasons { text += "    \(reason)\n" }
            }
            text += "  \(device.ownedElements) elements owned by records, \(device.unmanagedElements) unmanaged, "
            text += "\(device.rules.count) rules\n"
        }
        let good = devices.count(where: \.isGreen)
        return safeForDisplay(text + "\(good) of \(devices.count) devices compliant\n")
    }

    private static func line(_ drift: DriftFinding) -> String {
        let place = drift.path.isEmpty ? "" : drift.path.joined(separator: " › ") + " › "
        let says = "record of \(drift.record.engagement), cycle \(drift.record.cycle), run \(drift.record.run)"
        return switch drift.kind {
        case .missing: "  - \(place)\(drift.expected)\n      missing; \(says) built it\n"
        case .present: "  + \(place)\(drift.found ?? "")\n      present; \(says) removed it\n"
        case .changed:
            "  - \(place)\(drift.expected)\n  + \(place)\(drift.found ?? "")\n      changed; \(says) built the first\n"
        }
    }

    /// JUnit XML: a suite a device, a case a rule, a case for the records.
    package var junit: String {
        var cases = 0
        var failures = 0
        var suites = ""
        for device in devices {
            let rows = Self.cases(of: device)
            cases += rows.count
            failures += rows.count { $0.failure != nil }
            suites += "  <testsuite name=\"\(Self.escape(device.device))\" tests=\"\(rows.count)\" "
            suites += "failures=\"\(rows.count { $0.failure != nil })\">\n"
            for row in rows {
                suites += "    <testcase classname=\"\(Self.escape(device.device))\" name=\"\(Self.escape(row.name))\""
                if let failure = row.failure {
                    suites += ">\n      <failure message=\"\(Self.escape(row.name))\">\(Self.escape(failure))</failure>\n"
                    suites += "    </testcase>\n"
                } else {
                    suites += "/>\n"
                }
            }
            suites += "  </testsuite>\n"
        }
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"compliance\" tests=\"\(cases)\" "
            + "failures=\"\(failures)\">\n\(suites)</testsuites>\n"
    }

    private static func cases(of device: DeviceCompliance) -> [(name: String, failure: String?)] {
        if let why = device.unreadable { return [("configuration can be read", why)] }
        var rows: [(name: String, failure: String?)] = device.rules.map { rule in
            ("rule \(rule.id)", rule.passed ? nil : rule.reasons.joined(separator: "\n"))
        }
        if device.ownedElements > 0 {
            rows.append(
                ("as built", device.drift.isEmpty ? nil : device.drift.map(line).joined()))
        }
        if rows.isEmpty { rows.append(("something to judge by", "no rule applies and no record says anything")) }
        return rows
    }

    private static func escape(_ text: String) -> String {
        safeForDisplay(text).replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
