/// One match: byte ranges in the text that was searched.
package struct TextMatch: Equatable, Sendable {
    /// The whole match.
    package let range: Range<Int>
    /// Per group, from 0 (the whole match); nil for a group that took no part.
    package let groups: [Range<Int>?]
    /// Group numbers by name. A name given to several groups lists them all.
    let names: [String: [Int]]

    /// The range of a numbered group; nil when it took no part or does not exist.
    package func range(_ group: Int) -> Range<Int>? {
        groups.indices.contains(group) ? groups[group] : nil
    }

    /// The range of a named group; nil when it took no part or does not exist.
    package func range(_ name: String) -> Range<Int>? {
        for group in names[name] ?? [] {
            if let range = range(group) { return range }
        }
        return nil
    }

    /// The text of a numbered group in the bytes that were searched.
    package func text(_ group: Int, in bytes: [UInt8]) -> String? {
        range(group).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// The text of a named group in the bytes that were searched.
    package func text(_ name: String, in bytes: [UInt8]) -> String? {
        range(name).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// The text of a numbered group in the string that was searched.
    package func text(_ group: Int, in string: String) -> String? {
        range(group).map { Self.slice(string, $0) }
    }

    /// The text of a named group in the string that was searched.
    package func text(_ name: String, in string: String) -> String? {
        range(name).map { Self.slice(string, $0) }
    }

    private static func slice(_ string: String, _ range: Range<Int>) -> String {
        let start = string.utf8.index(string.startIndex, offsetBy: range.lowerBound)
        return String(decoding: string.utf8[start...].prefix(range.count), as: UTF8.self)
    }
}
