package import CanonicalData
internal import DeviceConfiguration

/// The record that last designed an element.
package struct BaselineSource: Equatable, Hashable, Sendable, Codable {
    package var engagement: String
    package var cycle: Int
    package var run: String
    /// Digest of `record.json`.
    package var record: Digest
    package init(engagement: String, cycle: Int, run: String, record: Digest) {
        (self.engagement, self.cycle, self.run, self.record) = (engagement, cycle, run, record)
    }
}

/// One element of a device's baseline: what should be there, or should not, and which record says so.
package struct BaselineElement: Equatable, Sendable, Codable {
    package var path: [String]
    package var text: String
    /// False when the record removed it.
    package var isPresent: Bool
    package var source: BaselineSource
    package init(path: [String], text: String, isPresent: Bool, source: BaselineSource) {
        (self.path, self.text, self.isPresent, self.source) = (path, text, isPresent, source)
    }
}

/// What the closed records of a workspace say one device holds, element by element.
///
/// A record moves only the elements its contract owns; a run that was backed out moves nothing (DESIGN §8).
package struct Baseline: Equatable, Sendable {
    package private(set) var elements: [BaselineElement] = []
    package init() {}

    private struct Key: Hashable {
        var path: [String]
        var text: String
    }

    /// Takes over what a closed record says of `device`. Call in the order in which records were closed.
    package mutating func take(_ record: AsBuiltRecord, digest: Digest, device name: String) {
        guard let device = record.devices.first(where: { $0.device == name }), device.endState == .kept else { return }
        let source = BaselineSource(
            engagement: record.engagement.id, cycle: record.engagement.cycle, run: record.run.id, record: digest)
        var byKey = Dictionary(
            elements.map { (Key(path: $0.path, text: $0.text), $0) }, uniquingKeysWith: { _, new in new })
        for entry in device.entries {
            switch entry.verdict {
            case .asDesigned, .normalised: break
            case .missing, .sideEffect, .unobservable, .unexplained: continue
            }
            if let captured = entry.captured {
                let element = BaselineElement(path: entry.path, text: captured, isPresent: true, source: source)
                byKey[Key(path: element.path, text: element.text)] = element
            } else if let removed = entry.sent {
                let text = removed.hasPrefix("no ") ? String(removed.dropFirst(3)) : removed
                byKey[Key(path: entry.path, text: text)] = BaselineElement(
                    path: entry.path, text: text, isPresent: false, source: source)
            }
        }
        elements = byKey.values.sorted { ($0.path.joined(separator: "\u{0}"), $0.text) < ($1.path.joined(separator: "\u{0}"), $1.text) }
    }
}
