import CanonicalData
import JinjaTemplates

/// Ansible's filters on single values: conversions, paths, numbers, texts.
enum ScalarFilters {
    static func flag(_ value: TemplateValue?, _ state: RenderState, _ fallback: Bool) throws(EvaluationError) -> Bool {
        guard let value else { return fallback }
        return try state.truth(value)
    }
    private static func fail(_ message: String) -> EvaluationError { AddressQuery.failure(message) }

    private static func text(
        _ name: String, _ body: @escaping @Sendable (String) -> String
    ) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["value"], required: 1)
            if name != "urldecode" { try PathFilters.check(bound[0, fallback: .none], state) }
            return .string(body(try state.string(bound[0] ?? .none)))
        }
    }

    private static func digest(_ name: String) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let text = try state.string(arguments[0])
            try SecretGuard.check(text, name)
            return .string(NamedDigest.hex(name, text.utf8) ?? "")
        }
    }

    /// Ansible's `bool`.
    static func boolean(_ value: TemplateValue) -> Bool {
        switch value {
        case .bool(let flag): return flag
        case .int(let number): return number == 1
        case .double(let number): return number == 1
        case .text(let text):
            return ["yes", "on", "1", "true", "t", "y"].contains(text.string.lowercased().trimmingPythonSpace())
        default: return false
        }
    }

    static let filters: [String: TemplateFunction] = [
        "bool": { (arguments, state) throws(EvaluationError) in
            if case .undefined(let info) = arguments[0], state.isStrict(info) { throw state.undefinedError(info) }
            return .bool(boolean(arguments[0]))
        },
        "ternary": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("ternary", ["value", "true_val", "false_val", "none_val"], required: 3)
            if arguments[0].isNone, let other = bound[3], !other.isNone { return other }
            return (try state.truth(arguments[0]) ? bound[1] : bound[2]) ?? .none
        },
        "mandatory": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("mandatory", ["a", "msg"], required: 1)
            guard case .undefined(let info) = arguments[0] else { return arguments[0] }
            // Inside of Ansible the undefined value is passed on and fails where it is used.
            if state.undefinedKind == .lenient { return arguments[0] }
            if let message = bound[1]?.string { throw fail(message) }
            throw fail("Mandatory variable \(try state.string(info.name)) not defined.")
        },
        "b64encode": { (arguments, state) throws(EvaluationError) in
            let text = try state.string(arguments[0])
            try SecretGuard.check(text, "b64encode")
            return .string(Base64.encode(text.utf8))
        },
        "b64decode": { (arguments, state) throws(EvaluationError) in
            guard let bytes = leniently(try state.string(arguments[0])) else {
                throw EvaluationError(.hostError, "Incorrect padding", typeName: "Error")
            }
            return .string(String(decoding: bytes, as: UTF8.self))
        },
        "hash": { (arguments, state) throws(EvaluationError) in
            let kind = try arguments.bind("hash", ["data", "hashtype"], required: 1)[1, fallback: .string("sha1")]
            let text = try state.string(arguments[0])
            try SecretGuard.check(text, "hash")
            guard let digest = kind.string.flatMap({ NamedDigest.hex($0, text.utf8) }) else {
                throw fail("unsupported hash type \(try state.string(kind))")
            }
            return .string(digest)
        },
        "checksum": digest("sha1"), "sha1": digest("sha1"), "md5": digest("md5"),
        "to_uuid": { (arguments, state) throws(EvaluationError) in .string(try uuid(arguments, state)) },
        "split": { (arguments, state) throws(EvaluationError) in
            let value = try state.string(arguments[0])
            return try state.call(
                try state.attribute(.string(value), named: "split"), with: Array(arguments.positional.dropFirst()))
        },
        "quote": { (arguments, state) throws(EvaluationError) in
            let value = arguments[0].isNone ? "" : try state.string(arguments[0])
            let isPlain =
                !value.isEmpty
                && value.utf8.allSatisfy { byte in
                    (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39)
                        || "@%+=:,./-_".utf8.contains(byte)
                }
            return .string(isPlain ? value : "'" + value.replacing("'", with: "'\"'\"'") + "'")
        },
        "comment": { (arguments, state) throws(EvaluationError) in .string(try comment(arguments, state)) },
        "basename": text("basename") { String($0.split(separator: "/", omittingEmptySubsequences: false).last ?? "") },
        "dirname": text("dirname") { path in
            guard let slash = path.lastIndex(of: "/") else { return "" }
            let head = path[...slash]
            let trimmed = String(head.reversed().drop { $0 == "/" }.reversed())
            return trimmed.isEmpty ? String(head) : trimmed
        },
        "splitext": { (arguments, state) throws(EvaluationError) in
            let path = try state.string(arguments[0])
            let start = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
            let name = path[start...]
            guard let dot = name.lastIndex(of: "."), name[..<dot].contains(where: { $0 != "." }) else {
                return .tuple([.string(path), .string("")])
            }
            return .tuple([.string(String(path[..<dot])), .string(String(path[dot...]))])
        },
        "path_join": { (arguments, state) throws(EvaluationError) in
            let parts: [TemplateValue]
            if case .text = arguments[0] {
                parts = [arguments[0]]
            } else {
                parts = Array(try state.items(arguments[0]))
            }
            var path = ""
            for part in parts {
                let text = try state.string(part)
                path =
                    text.hasPrefix("/") || path.isEmpty ? text : path.hasSuffix("/") ? path + text : path + "/" + text
            }
            return .string(path)
        },
        "relpath": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("relpath", ["path", "start"], required: 1)
            func parts(_ path: String) -> [String] {
                var result: [String] = []
                for part in path.split(separator: "/") where part != "." {
                    if part == "..", !result.isEmpty {
                        result.removeLast()
                    } else if part != ".." {
                        result.append(String(part))
                    }
                }
                return result
            }
            let (path, start) = (parts(try state.string(arguments[0])), parts(bound[1]?.string ?? ""))
            let shared = zip(path, start).prefix { $0 == $1 }.count
            let steps = [String](repeating: "..", count: start.count - shared) + path[shared...]
            return .string(steps.isEmpty ? "." : steps.joined(separator: "/"))
        },
        // The templates of a change do not depend on who renders them: `~` stays as it is.
        "expanduser": text("expanduser") { $0 },
        "type_debug": { (arguments, state) throws(EvaluationError) in .string(arguments[0].typeName) },
        "urldecode": text("urldecode") { value in
            var bytes: [UInt8] = []
            let source = Array(value.utf8)
            var index = 0
            while index < source.count {
                if source[index] == 0x25, index + 2 < source.count,
                    let byte = UInt8(String(decoding: source[index + 1...index + 2], as: UTF8.self), radix: 16)
                {
                    bytes.append(byte)
                    index += 3
                } else {
                    bytes.append(source[index] == 0x2B ? 0x20 : source[index])
                    index += 1
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        },
        "urlsplit": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("urlsplit", ["value", "query"], required: 1)
            let parts = URLParts(try state.string(arguments[0])).dict
            guard let query = bound[1]?.string, !query.isEmpty else { return .dict(parts) }
            guard let part = parts.get(query) else { throw fail("urlsplit: unknown URL component: \(query)") }
            return part
        },
    ]

    /// Base 64 as Python reads it: line ends and all that is no digit are left out, and what follows the padding.
    private static func leniently(_ text: String) -> [UInt8]? {
        var digits: [UInt8] = []
        var padding = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "=") {
                guard digits.count % 4 >= 2 else { continue }
                padding += 1
                if digits.count % 4 + padding >= 4 { break }
            } else if (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (0x30...0x39).contains(byte) || byte == 0x2B
                || byte == 0x2F
            {
                padding = 0
                digits.append(byte)
            }
        }
        guard digits.count % 4 != 1, digits.count % 4 == 0 || padding > 0 else { return nil }
        // Bits that stand for no byte count for nothing.
        let spare = digits.count % 4
        guard spare == 0 || digits.count % 4 + padding >= 4 else { return nil }
        let missing = (4 - spare) % 4
        let filled = String(decoding: digits, as: UTF8.self) + String(repeating: "A", count: missing)
        return Base64.decode(filled).map { Array($0.dropLast(missing)) }
    }

    private static func uuid(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> String {
        let bound = try arguments.bind("to_uuid", ["string", "namespace"], required: 1)
        let namespace = bound[1]?.string ?? "361E6D51-FAEC-444A-9079-341386DA8E2E"
        let hex = namespace.filter { $0 != "-" }
        guard hex.utf8.count == 32, let value = UInt128(hex, radix: 16) else {
            throw fail("Invalid value for 'namespace': \(namespace)")
        }
        let bytes =
            (0..<16).map { UInt8(truncatingIfNeeded: value >> UInt128(8 * (15 - $0))) }
            + Array(try state.string(arguments[0]).utf8)
        guard let digest = NamedDigest.hex("sha1", bytes), var number = UInt128(digest.prefix(32), radix: 16) else {
            return ""
        }
        // Version 5, variant of RFC 9562.
        number = number & ~(0xF << 76) | 0x5 << 76
        number = number & ~(0x3 << 62) | 0x2 << 62
        let digits = Array(
            String(repeating: "0", count: 32 - String(number, radix: 16).count) + String(number, radix: 16))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    private static let commentParameters = [
        "text", "style", "decoration", "prefix", "prefix_count", "postfix", "postfix_count", "newline", "beginning",
        "end",
    ]
    private static let commentStyles: [String: (beginning: String, decoration: String, end: String)] = [
        "plain": ("", "# ", ""), "erlang": ("", "% ", ""), "c": ("", "// ", ""), "cblock": ("/*", " * ", " */"),
        "xml": ("<!--", " - ", "-->"),
    ]

    private static func comment(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> String {
        guard arguments.count <= 2 else {
            throw EvaluationError(
                .typeError, "comment() takes from 1 to 2 positional arguments but \(arguments.count) were given")
        }
        let bound = try arguments.bind("comment", commentParameters, required: 1)
        func text(_ index: Int, _ fallback: String) throws(EvaluationError) -> String {
            guard let value = bound[index] else { return fallback }
            return try state.string(value)
        }
        func count(_ index: Int) -> Int {
            if case .int(let number)? = bound[index] { max(0, min(number, 1000)) } else { 1 }
        }
        let style = try text(1, "plain")
        guard let base = commentStyles[style] else { throw fail("Invalid style '\(style)'") }
        let decoration = try text(2, base.decoration)
        let (prefix, postfix) = (try text(3, decoration.trimmingRight()), try text(5, decoration.trimmingRight()))
        let (newline, beginning, end) = (try text(7, "\n"), try text(8, base.beginning), try text(9, base.end))
        var result = beginning.isEmpty ? "" : beginning + newline
        if !prefix.isEmpty {
            result += String(repeating: prefix == newline ? newline : prefix + newline, count: count(4))
        }
        let lines = decoration + (try state.string(arguments[0])).replacing(newline, with: newline + decoration)
        result += lines.replacing(decoration + newline, with: decoration.trimmingRight() + newline)
        result += String(repeating: newline + postfix, count: count(6))
        return result + (end.isEmpty ? "" : newline + end)
    }
}

extension String {
    func trimmingRight() -> String {
        var scalars = Substring(self).unicodeScalars
        while let last = scalars.last, isPythonSpace(last) { scalars.removeLast() }
        return String(scalars)
    }

    /// Every occurrence replaced; the text is compared byte by byte.
    func replacing(_ old: String, with new: String) -> String {
        guard !old.isEmpty else { return self }
        let (source, needle, replacement) = (Array(utf8), Array(old.utf8), Array(new.utf8))
        var (result, index): ([UInt8], Int) = ([], 0)
        while index < source.count {
            if source[index...].starts(with: needle) {
                result += replacement
                index += needle.count
            } else {
                result.append(source[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// The parts of a URL as Python's `urlsplit` names them.
struct URLParts {
    let dict = DictValue()

    init(_ url: String) {
        var rest = Substring(
            String(String.UnicodeScalarView(url.unicodeScalars.filter { $0 != "\t" && $0 != "\n" && $0 != "\r" })))
        var (scheme, netloc, query, fragment): (Substring, Substring, Substring, Substring) = ("", "", "", "")
        if let colon = rest.firstIndex(of: ":"), colon > rest.startIndex,
            rest.first?.isASCII == true, rest.first?.isLetter == true,
            rest[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
        {
            scheme = rest[..<colon]
            rest = rest[rest.index(after: colon)...]
        }
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
            netloc = rest[..<end]
            rest = rest[end...]
        }
        if let mark = rest.firstIndex(of: "#") {
            fragment = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        var host = netloc
        var (user, password, port): (TemplateValue, TemplateValue, TemplateValue) = (.none, .none, .none)
        if let at = netloc.lastIndex(of: "@") {
            let info = netloc[..<at]
            host = netloc[netloc.index(after: at)...]
            if let colon = info.firstIndex(of: ":") {
                user = .string(String(info[..<colon]))
                password = .string(String(info[info.index(after: colon)...]))
            } else {
                user = .string(String(info))
            }
        }
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]"),
            let number = Int(host[host.index(after: colon)...])
        {
            port = .int(number)
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        let parts: [(String, TemplateValue)] = [
            ("fragment", .string(String(fragment))), ("hostname", host.isEmpty ? .none : .string(host.lowercased())),
            ("netloc", .string(String(netloc))), ("password", password), ("path", .string(String(rest))),
            ("port", port),
            ("query", .string(String(query))), ("scheme", .string(scheme.lowercased())), ("username", user),
        ]
        for (name, value) in parts { dict.set(name, value) }
    }
}
