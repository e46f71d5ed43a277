package import Diagnostics

/// The text of a `known_hosts` file, changed line by line: whatever is not concerned stays as somebody wrote it.
package struct HostKeyFile: Sendable, Equatable {
    package private(set) var text: String
    private let file: String

    /// - Parameter file: Its name in findings.
    package init(text: String, file: String) { (self.text, self.file) = (text, file) }

    /// Adds lines at the end.
    package mutating func append(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
        text += lines.map { $0 + "\n" }.joined()
    }

    /// Takes a name away from every line that pins one of these keys under it. A line without a name left goes. Throws, with
    /// nothing changed, when a pattern covers the name: that line is about other hosts too.
    package mutating func remove(_ keys: [SSHPublicKey], under name: String) throws(Findings) {
        var findings = Findings()
        var kept: [Substring] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let single = HostKeyIndex(text: String(line), file: file)
            guard let pin = single.pins(named: name).first, !pin.isRevoked, keys.contains(pin.key) else {
                kept.append(line)
                continue
            }
            let names = line.prefix { $0 != " " && $0 != "\t" }
            if names.hasPrefix("|1|") { continue }
            let all = names.split(separator: ",")
            guard !all.contains(where: { $0.contains("*") || $0.contains("?") || $0.hasPrefix("!") }) else {
                findings.add(
                    Finding(
                        code: "hostkeys.pattern",
                        what: "this line pins \(name) together with other hosts, by a pattern",
                        at: SourcePosition(file: file, line: index + 1, column: 1),
                        remedy: "change the line by hand: its key is no longer the device's"))
                continue
            }
            let left = all.filter { $0.lowercased() != name }
            if !left.isEmpty { kept.append(left.joined(separator: ",")[...] + line[names.endIndex...]) }
        }
        try findings.throwIfErrors()
        text = kept.joined(separator: "\n")
    }
}
