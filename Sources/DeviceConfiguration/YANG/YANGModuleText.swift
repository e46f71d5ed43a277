/// The little that has to be known of a module's text before it is compiled.
package enum YANGModuleText {
    /// `module` or `submodule`; nil when it is neither.
    static func keyword(of text: String) -> String? {
        var words = Words(text)
        return words.next()
    }

    /// The name it gives itself; nil when it is no module.
    package static func name(of text: String) -> String? {
        var words = Words(text)
        guard let keyword = words.next(), keyword == "module" || keyword == "submodule" else { return nil }
        return words.next()
    }

    /// Most imports and includes that are looked at in one module.
    package static let maximumDependencies = 1_000

    /// The modules it imports and the submodules it includes, in order, each once.
    package static func dependencies(of text: String) -> [String] {
        var words = Words(text)
        var found: [String] = []
        var isStatement = true
        while found.count < maximumDependencies, let word = words.next() {
            if isStatement, word == "import" || word == "include", let name = words.next(), name != ";", name != "{" {
                if !found.contains(name) { found.append(name) }
                isStatement = false
                continue
            }
            isStatement = word == ";" || word == "{" || word == "}"
        }
        return found
    }

    /// Words, strings and the marks `{`, `}`, `;`, without comments (RFC 7950 §6.1).
    private struct Words: IteratorProtocol {
        private let bytes: [UInt8]
        private var index = 0

        init(_ text: String) { bytes = Array(text.utf8) }

        private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

        private func at(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }

        mutating func next() -> String? {
            // A byte order mark may stand first.
            if index == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
            while index < bytes.count {
                if Self.isSpace(bytes[index]) {
                    index += 1
                } else if bytes[index] == UInt8(ascii: "/"), at(1) == UInt8(ascii: "/") {
                    while index < bytes.count, bytes[index] != 0x0A { index += 1 }
                } else if bytes[index] == UInt8(ascii: "/"), at(1) == UInt8(ascii: "*") {
                    index += 2
                    while index < bytes.count, !(bytes[index] == UInt8(ascii: "*") && at(1) == UInt8(ascii: "/")) {
                        index += 1
                    }
                    index += 2
                } else {
                    return word()
                }
            }
            return nil
        }

        private mutating func word() -> String {
            let first = bytes[index]
            if "{};".utf8.contains(first) {
                index += 1
                return String(decoding: [first], as: UTF8.self)
            }
            if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
                index += 1
                let start = index
                while index < bytes.count, bytes[index] != first {
                    if bytes[index] == UInt8(ascii: "\\"), first == UInt8(ascii: "\"") { index += 1 }
                    index += 1
                }
                defer { index += 1 }
                return String(decoding: bytes[start..<min(index, bytes.count)], as: UTF8.self)
            }
            let start = index
            while index < bytes.count, !Self.isSpace(bytes[index]), !"{};\"".utf8.contains(bytes[index]) { index += 1 }
            return String(decoding: bytes[start..<index], as: UTF8.self)
        }
    }
}
