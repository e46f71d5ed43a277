/// What differs between two configurations of which only the comparable form was kept.
///
/// Works on any model's `canonical` text: one line an element, sections by indentation, secrets masked. A difference
/// of order alone is not told here; the digests differ then.
package enum CanonicalComparison {
    package static func differences(from old: String, to new: String) -> [ConfigurationDifference] {
        let (before, after) = (lines(of: old), lines(of: new))
        let (was, shown) = (Set(before), Set(after))
        var gone = before.filter { !shown.contains($0) }
        var found: [ConfigurationDifference] = []
        for line in after where !was.contains(line) {
            // One value in the place of another: same section, same first word, and a value on both sides.
            let other = gone.firstIndex {
                $0.path == line.path && $0.word == line.word && $0.word != $0.text && line.word != line.text
            }
            if let other {
                let old = gone.remove(at: other)
                found.append(ConfigurationDifference(kind: .changed, path: line.path, old: old.text, new: line.text))
            } else {
                found.append(ConfigurationDifference(kind: .added, path: line.path, old: nil, new: line.text))
            }
        }
        return gone.map { ConfigurationDifference(kind: .removed, path: $0.path, old: $0.text, new: nil) } + found
    }

    private struct Line: Hashable {
        var path: [String]
        var text: String
        var word: Substring { text.prefix { $0 != " " } }
    }

    private static func lines(of canonical: String) -> [Line] {
        var stack: [(depth: Int, text: String)] = []
        return canonical.split(whereSeparator: \.isNewline).map { raw in
            let depth = raw.prefix { $0 == " " }.count
            while let last = stack.last, last.depth >= depth { stack.removeLast() }
            let line = Line(path: stack.map(\.text), text: String(raw.dropFirst(depth)))
            stack.append((depth, line.text))
            return line
        }
    }
}
