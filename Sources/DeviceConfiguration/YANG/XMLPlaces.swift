internal import XMLDocuments
internal import YANGData

/// Finds the place in XML text that a data path speaks of.
struct XMLPlaces {
    private let roots: [XMLElement]

    init(_ roots: [XMLElement]) { self.roots = roots }

    /// Line, from 1, of the element at this path.
    func line(_ segments: [String]) -> Int? { position(segments)?.line }

    /// Where the tag of the element at this path begins; of the innermost enclosing one that stands there otherwise.
    func position(_ segments: [String]) -> XMLPosition? {
        var (candidates, best) = (roots, nil as XMLPosition?)
        for segment in segments {
            let (local, predicates) = Self.parts(segment)
            let match = candidates.first { element in
                element.local == local
                    && predicates.allSatisfy { name, value in
                        name == "." ? element.trimmedText == value : element.first(name)?.trimmedText == value
                    }
            }
            guard let match else { return best }
            best = match.position ?? best
            // An entry may be written in several pieces: all of them are searched on.
            candidates = candidates.filter { $0.local == local }.flatMap { element in
                predicates.allSatisfy { name, value in
                    name == "." ? element.trimmedText == value : element.first(name)?.trimmedText == value
                } ? element.elements : []
            }
        }
        return best
    }

    /// The place of what a path names; the beginning where nothing of it stands.
    func position(ofPath path: String?) -> XMLPosition {
        path.flatMap { position(DataNode.segments(of: $0)) } ?? XMLPosition(line: 1, column: 1)
    }

    /// `m:neighbor[address='192.0.2.1']` → `neighbor`, `[("address", "192.0.2.1")]`.
    static func parts(_ segment: String) -> (local: String, predicates: [(String, String)]) {
        let name = segment.prefix { $0 != "[" }
        var (predicates, rest) = ([(String, String)](), segment[name.endIndex...])
        while rest.first == "[", let equals = rest.firstIndex(of: "=") {
            let key = rest[rest.index(after: rest.startIndex)..<equals]
            let start = rest.index(after: equals)
            guard start < rest.endIndex else { break }
            let quote = rest[start]
            let inside = rest[rest.index(after: start)...]
            guard let end = inside.firstIndex(of: quote) else { break }
            predicates.append((local(key), String(inside[..<end])))
            rest = inside[inside.index(after: end)...].drop { $0 == "]" }
        }
        return (local(name), predicates)
    }

    private static func local(_ name: Substring) -> String {
        name.split(separator: ":").last.map(String.init) ?? String(name)
    }
}
