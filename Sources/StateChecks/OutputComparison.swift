internal import SourceDocuments
internal import XMLDocuments

/// Whether two outputs hold the same rows, some columns left out.
struct OutputComparison {
    let old: ParsedOutput
    let new: ParsedOutput
    let ignoring: [ValuePath]

    private struct Difference {
        var path: String
        var old: String?
        var new: String?
        var sentence: String {
            switch (old, new) {
            case (let old?, let new?): "\(path) was \(old) and is \(new)"
            case (nil, let new?): "\(path) is new: \(new)"
            case (let old?, nil): "\(path) is gone, it was \(old)"
            case (nil, nil): path
            }
        }
    }

    func result(_ title: String) throws(ParsedOutput.Failure) -> ExpectationResult {
        let (differences, rows) = try differences()
        guard rows > 0 else {
            return ExpectationResult(
                expectation: title, verdict: .open, message: "nothing is left to compare: no values before and after")
        }
        guard let first = differences.first else {
            return ExpectationResult(
                expectation: title, verdict: .proved, message: "all \(rows) values are as before", matched: rows)
        }
        return ExpectationResult(
            expectation: title, verdict: .failed,
            message: "\(differences.count) difference\(differences.count == 1 ? "" : "s"): \(first.sentence)",
            matched: rows,
            evidence: differences.prefix(ExpectationResult.maximumEvidence).map {
                Evidence(path: $0.path, value: $0.sentence, holds: false)
            })
    }

    private func differences() throws(ParsedOutput.Failure) -> (differences: [Difference], rows: Int) {
        switch (old, new) {
        case (.value(let before, _), .value(let after, _)):
            let before = try Self.removing(ignoring, from: before)
            let after = try Self.removing(ignoring, from: after)
            var found: [Difference] = []
            Self.compare(before, after, [], &found)
            return (found, max(Self.leaves(before), Self.leaves(after)))
        case (.xml, .xml):
            let (before, after) = (try leavesOfXML(old), try leavesOfXML(new))
            let paths = Set(before.keys).union(after.keys).sorted()
            let found = paths.filter { before[$0] != after[$0] }.map {
                Difference(path: $0, old: before[$0], new: after[$0])
            }
            return (found, paths.count)
        case (.value, .xml), (.xml, .value): throw ParsedOutput.Failure(what: "the outputs are of different formats")
        }
    }

    // MARK: JSON

    private static func removing(_ paths: [ValuePath], from value: PlainValue) throws(ParsedOutput.Failure)
        -> PlainValue
    {
        var gone: Set<[JSONPathNode.Step]> = []
        for case .json(let query) in paths {
            do { gone.formUnion(try query.nodes(in: value).map(\.path)) } catch {
                throw ParsedOutput.Failure(what: error.what)
            }
        }
        return gone.isEmpty ? value : without(gone, value, []) ?? .null
    }

    private static func without(_ gone: Set<[JSONPathNode.Step]>, _ value: PlainValue, _ path: [JSONPathNode.Step])
        -> PlainValue?
    {
        if gone.contains(path) { return nil }
        switch value {
        case .list(let values):
            return .list(values.enumerated().compactMap { without(gone, $1, path + [.index($0)]) })
        case .map(let map):
            return .map(
                PlainMap(
                    map.entries.compactMap { key, value in
                        without(gone, value, path + [.name(key)]).map { (key, $0) }
                    }))
        case .null, .bool, .int, .double, .string: return value
        }
    }

    private static func leaves(_ value: PlainValue) -> Int {
        switch value {
        case .list(let values): values.reduce(0) { $0 + leaves($1) }
        case .map(let map): map.values.reduce(0) { $0 + leaves($1) }
        case .null, .bool, .int, .double, .string: 1
        }
    }

    private static func compare(
        _ old: PlainValue, _ new: PlainValue, _ path: [JSONPathNode.Step], _ found: inout [Difference]
    ) {
        if ValueComparison.areEqual(old, new) { return }
        switch (old, new) {
        case (.map(let before), .map(let after)):
            for (key, value) in before.entries {
                let place = path + [.name(key)]
                if let now = after[key] {
                    compare(value, now, place, &found)
                } else {
                    found.append(Difference(path: JSONPathNode.text(of: place), old: value.json, new: nil))
                }
            }
            for (key, value) in after.entries where before[key] == nil {
                found.append(Difference(path: JSONPathNode.text(of: path + [.name(key)]), old: nil, new: value.json))
            }
        case (.list(let before), .list(let after)):
            // The same rows in another order are the same rows.
            if before.count == after.count, before.map(sorted).sorted() == after.map(sorted).sorted() { return }
            for index in 0..<max(before.count, after.count) {
                let place = path + [.index(index)]
                if index < before.count, index < after.count {
                    compare(before[index], after[index], place, &found)
                } else {
                    found.append(
                        Difference(
                            path: JSONPathNode.text(of: place), old: index < before.count ? before[index].json : nil,
                            new: index < after.count ? after[index].json : nil))
                }
            }
        default: found.append(Difference(path: JSONPathNode.text(of: path), old: old.json, new: new.json))
        }
    }

    /// One text per value, whatever the order of keys.
    private static func sorted(_ value: PlainValue) -> String {
        func ordered(_ value: PlainValue) -> PlainValue {
            switch value {
            case .list(let values): .list(values.map(ordered))
            case .map(let map):
                .map(PlainMap(map.entries.sorted { $0.key < $1.key }.map { ($0.key, ordered($0.value)) }))
            case .null, .bool, .int, .double, .string: value
            }
        }
        return ordered(value).json
    }

    // MARK: XML

    /// Texts of leaf elements and attributes by their place.
    private func leavesOfXML(_ output: ParsedOutput) throws(ParsedOutput.Failure) -> [String: String] {
        let everything: ValuePath
        do { everything = .xml(try XPathExpression("//*[not(*)] | //@*")) } catch {
            throw ParsedOutput.Failure(what: error.what)
        }
        var ignored: [String] = []
        for path in ignoring { ignored += try output.values(at: path).map(\.path) }
        let roots = Set(ignored)
        var leaves: [String: String] = [:]
        for found in try output.values(at: everything) {
            var place = found.path[...]
            var isIgnored = roots.contains(found.path)
            while !isIgnored, let slash = place.lastIndex(of: "/") {
                place = place[..<slash]
                isIgnored = roots.contains(String(place))
            }
            if !isIgnored { leaves[found.path] = found.value.json }
        }
        return leaves
    }
}
