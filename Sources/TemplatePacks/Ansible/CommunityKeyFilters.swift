import JinjaTemplates

/// `keep_keys`, `remove_keys` and `replace_keys` of `community.general`: on lists of dicts, one level deep. `ansible.utils`
/// has others of the same names, which have the short names.
enum CommunityKeyFilters {
    private enum Change {
        case keep, remove, replace
    }

    static let filters: [String: TemplateFunction] = [
        "keep_keys": function("keep_keys", .keep), "remove_keys": function("remove_keys", .remove),
        "replace_keys": function("replace_keys", .replace),
    ]

    private static func fail(_ message: String) -> EvaluationError { AddressQuery.failure(message) }

    private static func function(_ name: String, _ change: Change) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["data", "target", "matching_parameter"], required: 1)
            guard case .list(let data)? = bound[0] else { throw fail("First argument must be a list.") }
            let how = bound[2, fallback: .string("equal")].string ?? ""
            guard ["equal", "starts_with", "ends_with", "regex"].contains(how) else {
                throw fail("Unknown matching_parameter \(pythonQuoted(how)): equal, starts_with, ends_with or regex")
            }
            var targets: [(before: String, after: TemplateValue)] = []
            let given: [TemplateValue]
            switch bound[1] {
            case .list(let list)?: given = Array(list.items)
            case .text?: given = [bound[1, fallback: .none]]
            default: throw fail("The target must be a string or a list.")
            }
            for target in given {
                if case .replace = change {
                    guard case .dict(let dict) = target, let before = dict.get("before")?.string,
                        let after = dict.get("after")
                    else {
                        throw fail("Each target of replace_keys is a dict with the keys before and after.")
                    }
                    targets.append((before, after))
                } else {
                    targets.append((try state.string(target), .none))
                }
            }
            guard !targets.isEmpty else { throw fail("The target must not be empty.") }
            func target(of key: String) throws(EvaluationError) -> TemplateValue? {
                for target in targets {
                    let isMatch: Bool
                    switch how {
                    case "starts_with": isMatch = key.utf8.starts(with: target.before.utf8)
                    case "ends_with": isMatch = key.utf8.reversed().starts(with: target.before.utf8.reversed())
                    case "regex":
                        let pattern = try PythonPattern.compile(target.before)
                        isMatch = try PythonPattern.first(pattern, Array(key.utf8), anchored: true) != nil
                    default: isMatch = key == target.before
                    }
                    if isMatch { return target.after }
                }
                return nil
            }
            var result: [TemplateValue] = []
            for item in data.items {
                guard case .dict(let dict) = item else { throw fail("The elements of the list must be dictionaries.") }
                try state.charge(dict.count &* targets.count)
                let changed = DictValue()
                for pair in dict.pairs {
                    let found = try target(of: try state.string(pair.key))
                    let hash = pair.key.hashValueForKey ?? 0
                    switch change {
                    case .keep: if found != nil { changed.set(pair.key, hash: hash, pair.value) }
                    case .remove: if found == nil { changed.set(pair.key, hash: hash, pair.value) }
                    case .replace:
                        let key = found ?? pair.key
                        guard let hash = key.hashValueForKey else {
                            throw EvaluationError(.typeError, "unhashable type: '\(key.typeName)'")
                        }
                        changed.set(key, hash: hash, pair.value)
                    }
                }
                result.append(.dict(changed))
            }
            return .list(result)
        }
    }
}
