import JinjaTemplates

/// Ansible's filters on paths that ask no file system; those of ScalarFilters aside.
enum PathFilters {
    /// Python takes texts alone for paths.
    static func check(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError) {
        if case .undefined(let info) = value { throw state.undefinedError(info) }
        guard value.string == nil else { return }
        throw EvaluationError(.typeError, "expected str, bytes or os.PathLike object, not \(value.typeName)")
    }

    private static func text(_ name: String, _ body: @escaping @Sendable (String) -> TemplateValue) -> TemplateFunction
    {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["path"], required: 1)
            try check(bound[0, fallback: .none], state)
            return body(try state.string(bound[0, fallback: .none]))
        }
    }

    static let filters: [String: TemplateFunction] = [
        "normpath": text("normpath") { .string(normalized($0)) },
        "win_basename": text("win_basename") { .string(windowsParts($0).tail) },
        "win_dirname": text("win_dirname") { .string(windowsParts($0).head) },
        "win_splitdrive": text("win_splitdrive") { path in
            let (drive, rest) = windowsDrive(path)
            return .tuple([.string(drive), .string(rest)])
        },
        "commonpath": { (arguments, state) throws(EvaluationError) in
            let value = try arguments.bind("commonpath", ["paths"], required: 1)[0, fallback: .none]
            guard case .list(let list) = value else {
                throw EvaluationError(
                    .ansibleTypeError, "|commonpath expects sequence, got \(AVDFilters.pythonType(value)) instead.")
            }
            return .string(try common(list.items, state))
        },
    ]

    private static func normalized(_ path: String) -> String {
        guard !path.isEmpty else { return "." }
        // Exactly two leading slashes have a meaning of their own in POSIX.
        let slashes = path.utf8.prefix { $0 == 0x2F }.count
        let root = slashes == 0 ? "" : slashes == 2 ? "//" : "/"
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part != ".." || (root.isEmpty && (parts.isEmpty || parts.last == "..")) {
                parts.append(part)
            } else if !parts.isEmpty {
                parts.removeLast()
            }
        }
        let result = root + parts.joined(separator: "/")
        return result.isEmpty ? "." : result
    }

    private static func common(_ items: ContiguousArray<TemplateValue>, _ state: RenderState) throws(EvaluationError)
        -> String
    {
        var paths: [String] = []
        for item in items { paths.append(try state.string(item)) }
        guard let first = paths.first else {
            throw EvaluationError(.valueError, "commonpath() arg is an empty sequence")
        }
        let isAbsolute = first.hasPrefix("/")
        guard paths.allSatisfy({ $0.hasPrefix("/") == isAbsolute }) else {
            throw EvaluationError(.valueError, "Can't mix absolute and relative paths")
        }
        let parts = paths.map { $0.split(separator: "/").filter { $0 != "." } }
        var shared = parts[0]
        for other in parts { shared = Array(zip(shared, other).prefix { $0 == $1 }.map(\.0)) }
        return (isAbsolute ? "/" : "") + shared.joined(separator: "/")
    }

    private static func isSeparator(_ character: Character) -> Bool { character == "\\" || character == "/" }

    /// `C:` or `\\server\share`, and the rest.
    private static func windowsDrive(_ path: String) -> (drive: String, rest: String) {
        let characters = Array(path)
        if characters.count >= 2, isSeparator(characters[0]), isSeparator(characters[1]) {
            let start =
                characters.count >= 8
                    && String(characters[..<8]).replacing("/", with: "\\").uppercased() == "\\\\?\\UNC\\" ? 8 : 2
            guard let server = characters[start...].firstIndex(where: isSeparator) else { return (path, "") }
            guard let share = characters[(server + 1)...].firstIndex(where: isSeparator) else { return (path, "") }
            return (String(characters[..<share]), String(characters[share...]))
        }
        if characters.count >= 2, characters[1] == ":" { return (String(characters[..<2]), String(characters[2...])) }
        return ("", path)
    }

    private static func windowsParts(_ path: String) -> (head: String, tail: String) {
        let (drive, rest) = windowsDrive(path)
        let tailStart = rest.lastIndex(where: isSeparator).map { rest.index(after: $0) } ?? rest.startIndex
        let head = rest[..<tailStart]
        var trimmed = head
        while let last = trimmed.last, isSeparator(last) { trimmed = trimmed.dropLast() }
        return (drive + (trimmed.isEmpty ? head : trimmed), String(rest[tailStart...]))
    }
}
