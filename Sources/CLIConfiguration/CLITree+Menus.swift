import Diagnostics

/// A line of RouterOS, cut into a menu, a verb and its arguments.
struct MenuLine {
    var menu: String
    /// `add`, `set`, …; nil for a line that only names a menu.
    var verb: String?
    var arguments: [String]

    /// `/ip/address add address=10.0.0.1/24`, or, below a menu, `add address=10.0.0.1/24`.
    init(_ line: String, below current: String) {
        var words = Self.words(line)
        menu = current
        if let first = words.first, first.hasPrefix("/") {
            let count = words.firstIndex { Self.verbs.contains($0) } ?? words.count
            let path = words[..<count].flatMap { $0.split(separator: "/") }
            menu = "/" + path.joined(separator: " ")
            words.removeFirst(count)
        }
        verb = words.first
        arguments = Array(words.dropFirst())
    }

    private static let verbs: Set<String> = ["add", "set", "remove", "move", "enable", "disable", "unset"]

    /// Words at blanks; quoted text and what is in brackets is one word, its blanks made single.
    static func words(_ line: String) -> [String] {
        var result: [String] = []
        var word: [UInt8] = []
        var (depth, isQuoted, isEscaped) = (0, false, false)
        func end() {
            if !word.isEmpty { result.append(String(decoding: word, as: UTF8.self)) }
            word = []
        }
        for byte in line.utf8 {
            if isEscaped {
                isEscaped = false
                word.append(byte)
                continue
            }
            switch byte {
            case 0x5C where isQuoted: isEscaped = true
            case 0x22: isQuoted.toggle()
            case 0x5B where !isQuoted: depth += 1
            case 0x5D where !isQuoted:
                depth = max(0, depth - 1)
                while word.last == 0x20 { word.removeLast() }
            case 0x20, 0x09:
                if isQuoted { break }
                if depth == 0 {
                    end()
                } else if word.last != 0x20, word.last != 0x5B {
                    word.append(0x20)
                }
                continue
            default: break
            }
            word.append(byte)
        }
        end()
        return result
    }

    /// The name and the value of `name=value`; nil for any other word.
    static func property(_ word: String) -> (name: String, value: String)? {
        if word.hasPrefix("!"), word.count > 1 { return (String(word.dropFirst()), "") }
        guard !word.hasPrefix("["), let equals = word.utf8.firstIndex(of: 0x3D), equals != word.utf8.startIndex else {
            return nil
        }
        var value = word[word.utf8.index(after: equals)...]
        if value.utf8.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
        return (String(word[..<equals]), String(value))
    }
}

extension CLITree {
    /// Reads an export: a menu holds items, an item holds its properties.
    mutating func parseMenus() {
        var menu = "/"
        var menus: [String: Int] = [:]
        var items: [UInt64: Int] = [:]
        var logical: [UInt8] = []
        var (number, first, continues) = (0, 0, false)
        let bytes = source
        var at = 0
        while at < bytes.count {
            let end = bytes[at...].firstIndex(of: 0x0A) ?? bytes.count
            var line = bytes[at..<end]
            while let last = line.last, last == 0x0D || last == 0x20 || last == 0x09 { line = line.dropLast() }
            at = end + 1
            defer { number += 1 }
            if !continues {
                logical = []
                first = number
            }
            line = line.drop { $0 == 0x20 || $0 == 0x09 }
            // A line is broken anywhere, also inside quotes; the break and the blanks after it are not content.
            continues = line.last == 0x5C
            logical += continues ? line.dropLast() : line
            if continues, at < bytes.count { continue }
            if logical.isEmpty { continue }
            if logical[0] == 0x23 {
                noiseLines.append(first)
                continue
            }
            let read = MenuLine(String(decoding: logical, as: UTF8.self), below: menu)
            menu = read.menu
            addItem(read, line: first, &menus, &items)
        }
    }

    private mutating func made(_ text: String, below parent: Int, line: Int, key: UInt64) -> Node {
        let start = Int32(buffer.count)
        buffer += Array(text.utf8)
        var node = Node(start: start, end: Int32(buffer.count), parent: Int32(parent), line: Int32(line))
        (node.key, node.own) = (key, key)
        return node
    }

    private mutating func addItem(
        _ read: MenuLine, line: Int, _ menus: inout [String: Int], _ items: inout [UInt64: Int]
    ) {
        let menuKey = TextHash.of(read.menu)
        let section: Int
        if let known = menus[read.menu] {
            section = known
        } else {
            var node = made(read.menu, below: 0, line: line, key: menuKey)
            node.flags = .section
            section = append(node)
            menus[read.menu] = section
        }
        guard let verb = read.verb else { return }
        lineCount += 1
        let properties = read.arguments.filter { MenuLine.property($0) != nil }
        guard verb == "add" || verb == "set" else {
            var node = made(([verb] + read.arguments).joined(separator: " "), below: section, line: line, key: 0)
            node.key = TextHash.of(text(of: node))
            node.own = node.key
            node.flags = .unknown
            unknownCount += 1
            append(node)
            return
        }
        let isOrdered = verb == "add" && dialect.orderedMenus.contains(read.menu)
        let title =
            verb == "add"
            ? [verb] + dialect.identity(of: properties, in: read.menu)
            : [verb] + read.arguments.filter { MenuLine.property($0) == nil }
        var key = title.map { word in MenuLine.property(word).map { "\($0.name)=\($0.value)" } ?? word }
            .sorted().reduce(menuKey) { TextHash.mix($0, TextHash.of($1)) }
        if isOrdered {
            while items[key] != nil { key = TextHash.mix(key, 29) }  // The same rule twice is two rules.
        }
        let item: Int
        if let known = items[key] {
            item = known
        } else {
            var node = made(title.joined(separator: " "), below: section, line: line, key: key)
            node.flags = isOrdered ? [.section, .ordered] : .section
            item = append(node)
            items[key] = item
        }
        for word in properties { addProperty(word, to: item, line: line) }
    }

    private mutating func addProperty(_ word: String, to item: Int, line: Int) {
        guard let (name, value) = MenuLine.property(word) else { return }
        var node = made(word, below: item, line: line, key: TextHash.of(name))
        node.own = TextHash.mix(node.key, TextHash.of(value))
        if name == "disabled" && value == "no" || word.hasPrefix("!") { node.flags = .neutral }
        append(node)
    }

    private func text(of node: Node) -> String {
        String(decoding: buffer[Int(node.start)..<Int(node.end)], as: UTF8.self)
    }

    /// The name and value of a property node.
    func property(_ index: Int) -> (name: String, value: String)? { MenuLine.property(text(index)) }

    /// The secret a property holds.
    func menuSecret(_ index: Int) -> (name: String, value: String)? {
        guard nodes[index].firstChild < 0, let property = property(index), !property.value.isEmpty,
            dialect.words("secret-words").contains(property.name)
        else { return nil }
        return property
    }
}

extension CLIDialect {
    private static func underscored(_ menu: String) -> String { menu.replacing(" ", with: "_") }

    /// The properties that tell an item from the others of its menu.
    func identity(of properties: [String], in menu: String) -> [String] {
        if let names = settings["key:" + Self.underscored(menu)].map({ CLIWords.strings($0) }) {
            let found = names.compactMap { name in properties.first { MenuLine.property($0)?.name == name } }
            if !found.isEmpty { return found }
        }
        if !orderedMenus.contains(menu), let name = properties.first(where: { MenuLine.property($0)?.name == "name" }) {
            return [name]
        }
        return properties
    }

    /// What a property of a menu has when an export does not show it.
    func defaultValue(of name: String, in menu: String) -> String? {
        CLIWords.strings(settings["default:" + Self.underscored(menu)] ?? "").compactMap { MenuLine.property($0) }
            .first { $0.name == name }?.value
    }
}
