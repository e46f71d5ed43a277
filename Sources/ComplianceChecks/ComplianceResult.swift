package import AsBuiltRecords
package import Diagnostics

/// What a compliance run found on all devices. Green only when every device was read and something was judged.
package struct ComplianceReport: Sendable, Codable, Equatable {
    package var asbuilt = "compliance/v1"
    package var devices: [DeviceCompliance]
    package init(devices: [DeviceCompliance]) { self.devices = devices }

    /// No device unreadable, none without anything to judge, no failed error rule, no drift.
    package var isGreen: Bool { !devices.isEmpty && devices.allSatisfy(\.isGreen) }
    package var hasUnreadable: Bool { devices.contains { $0.unreadable != nil } }
}

/// One device's part.
package struct DeviceCompliance: Sendable, Codable, Equatable {
    package var device: String
    /// Where the configuration came from: `live`, or the file.
    package var source: String
    /// Why it could not be read, when it could not.
    package var unreadable: String?
    package var rules: [RuleResult]
    package var drift: [DriftFinding]
    /// Elements that records own on this device, all compared.
    package var ownedElements: Int
    /// Elements of the configuration that no record owns.
    package var unmanagedElements: Int

    package init(
        device: String, source: String, unreadable: String?, rules: [RuleResult], drift: [DriftFinding],
        ownedElements: Int, unmanagedElements: Int
    ) {
        self.device = device
        self.source = source
        self.unreadable = unreadable
        self.rules = rules
        self.drift = drift
        self.ownedElements = ownedElements
        self.unmanagedElements = unmanagedElements
    }

    /// Nothing was there to judge it by: never green.
    package var isUnjudged: Bool { rules.isEmpty && ownedElements == 0 }
    package var isGreen: Bool {
        unreadable == nil && !isUnjudged && drift.isEmpty
            && rules.allSatisfy { $0.passed || $0.severity != .error }
    }

    /// Passed rules and elements as they were designed, in percent of all judged; nil when nothing was judged.
    package var score: Int? {
        let all = rules.count + ownedElements
        guard unreadable == nil, all > 0 else { return nil }
        let good = rules.count(where: \.passed) + max(0, ownedElements - drift.count)
        return good * 100 / all
    }

    /// A to F by the score: 100, 90, 75, 60, 40.
    package var grade: String {
        switch score {
        case nil: "–"
        case 100?: "A"
        case let score? where score >= 90: "B"
        case let score? where score >= 75: "C"
        case let score? where score >= 60: "D"
        case let score? where score >= 40: "E"
        default: "F"
        }
    }
}

/// One rule on one device.
package struct RuleResult: Sendable, Codable, Equatable {
    package var id: String
    package var group: String
    package var severity: GoldenRule.Severity
    package var passed: Bool
    /// Each line that is missing or should not be there.
    package var reasons: [String]
    package var position: SourcePosition
    package init(
        id: String, group: String, severity: GoldenRule.Severity, passed: Bool, reasons: [String],
        position: SourcePosition
    ) {
        self.id = id
        self.group = group
        self.severity = severity
        self.passed = passed
        self.reasons = reasons
        self.position = position
    }
}

/// One element that differs from what a record says was built.
package struct DriftFinding: Sendable, Codable, Equatable {
    package enum Kind: String, Sendable, Codable {
        /// A record says it is there; it is not.
        case missing
        /// A record says it was removed; it is there.
        case present
        /// Another value stands where a record says this one is.
        case changed
    }
    package var kind: Kind
    package var path: [String]
    /// What the record says.
    package var expected: String
    /// What stands there now, when something does.
    package var found: String?
    /// The record that says so.
    package var record: BaselineSource
    package init(kind: Kind, path: [String], expected: String, found: String?, record: BaselineSource) {
        (self.kind, self.path, self.expected, self.found, self.record) = (kind, path, expected, found, record)
    }
}
